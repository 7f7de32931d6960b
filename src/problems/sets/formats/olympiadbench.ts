/**
 * OlympiadBench (He et al. 2024), JSON and parquet. Kept is what the SOAR paper kept: mathematics in English, text alone, from
 * competitions, with answers that can be verified automatically. The subset files leave out the fields that all their rows share.
 */
import type { VerificationPolicy } from '../../../verify/policy.js';
import type { Fields } from '../raw-rows.js';
import { type Format, given, has, type SetAside, text } from './format.js';

/** Field, the value that is kept (its beginning, capitals aside), and what another one means. */
const filter: readonly [field: string, kept: string, otherwise: string][] = [
  ['language', 'en', 'not in English'],
  ['subject', 'math', 'not mathematics'],
  ['difficulty', 'comp', 'not from a competition'],
  ['question_type', 'open', 'a proof, not an open-ended question'],
];

/** Answers that need a person to judge are of no use. */
const verifiable = ['numerical', 'expression', 'tuple', 'interval', 'equation'];

export const olympiadBench: Format = {
  recognises: (fields) => has(fields, 'question', 'final_answer') && has(fields, 'answer_type'),
  read(fields) {
    const aside = setAside(fields);
    if (aside) return { ...aside, ...given('id', fields.id) };
    const context = text(fields.context);
    return {
      ...given('id', fields.id),
      question: context === '' ? text(fields.question) : `${context}\n${text(fields.question)}`,
      gold: text(fields.final_answer),
      ...given('subject', fields.subfield),
      ...given('level', fields.difficulty),
      verification: verificationOf(fields),
    };
  },
};

function setAside(fields: Fields): Omit<SetAside, 'id'> | undefined {
  const modality = text(fields.modality).toLowerCase();
  if (modality.startsWith('multi') || (has(fields, 'image_1') && fields.image_1 !== null)) {
    return { reason: 'picture', detail: 'its question has pictures' };
  }
  for (const [field, kept, otherwise] of filter) {
    const value = text(fields[field]);
    if (value !== '' && !value.toLowerCase().startsWith(kept)) {
      return { reason: 'filtered', detail: `${otherwise} (${field}: ${value})` };
    }
  }
  const kinds = text(fields.answer_type)
    .toLowerCase()
    .split(/\s*,\s*/);
  const other = kinds.find((kind) => !verifiable.includes(kind));
  return other === undefined
    ? undefined
    : { reason: 'filtered', detail: `its answer cannot be verified automatically (answer_type: ${other})` };
}

/** The set's own tolerance and unit. A tolerance that is no number is left to the reader's check of golds. */
function verificationOf({ error, unit }: Fields): Partial<VerificationPolicy> {
  const tolerance = text(error) === '' ? 0 : Number(text(error));
  return { ...(tolerance !== 0 && { tolerance }), ...(text(unit) !== '' && { unit: text(unit) }) };
}
