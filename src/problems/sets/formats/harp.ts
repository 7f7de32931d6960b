/** HARP (Yue et al. 2024), `HARP.jsonl`: year, contest and number name a problem; some can only be asked with their choices. */
import { type Format, given, has, text } from './format.js';

export const harp: Format = {
  recognises: (fields) => has(fields, 'problem', 'answer', 'year', 'contest', 'number'),
  read(fields) {
    const id = [fields.year, fields.contest, fields.number].map(text).join('/');
    if (fields.multiple_choice_only === true) {
      return { reason: 'filtered', detail: 'it can only be asked with its choices', id };
    }
    return {
      id,
      question: text(fields.problem),
      gold: text(fields.answer),
      ...given('subject', fields.subject),
      ...given('level', fields.level),
    };
  },
};
