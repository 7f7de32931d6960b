/**
 * MATH (Hendrycks et al. 2021): the original folder of JSON files and its parquet twins (problem, level, type, solution; the gold
 * is boxed in the solution), and the JSON lines with `subject`, `unique_id` and `answer`.
 */
import { lastBoxed } from '../../../verify/extract/boxed.js';
import { type Format, given, has, text } from './format.js';

export const math: Format = {
  recognises: (fields) =>
    has(fields, 'problem', 'level') && !has(fields, 'contest') && (has(fields, 'solution') || has(fields, 'answer')),
  read(fields) {
    return {
      ...given('id', fields.unique_id),
      question: text(fields.problem),
      gold: fields.answer === undefined ? (lastBoxed(text(fields.solution)) ?? '') : text(fields.answer),
      ...given('subject', fields.subject ?? fields.type),
      ...given('level', fields.level),
    };
  },
};
