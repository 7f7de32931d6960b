/** A file of the user's own: the names of its columns say what is what. */
import type { ColumnMapping } from '../problem-set.js';
import { type Format, given, has, text } from './format.js';

export function mapped(mapping: ColumnMapping): Format {
  const { question, answer, id, subject, level } = mapping;
  const at = (fields: Readonly<Record<string, unknown>>, column: string | undefined) =>
    column === undefined ? undefined : fields[column];
  return {
    recognises: (fields) => has(fields, question, answer),
    read: (fields) => ({
      ...given('id', at(fields, id)),
      question: text(fields[question]),
      gold: text(fields[answer]),
      ...given('subject', at(fields, subject)),
      ...given('level', at(fields, level)),
    }),
  };
}
