/** What a published form of problems is to the reader: how it is known by its fields, and what a row of it means. */
import type { VerificationPolicy } from '../../../verify/policy.js';
import type { RefusalReason } from '../problem-set.js';
import type { Fields } from '../raw-rows.js';

/** A row as its format reads it. Blank texts are found by the reader, for all formats alike. */
export interface ReadRow {
  readonly id?: string;
  readonly question: string;
  readonly gold: string;
  readonly subject?: string;
  readonly level?: string;
  readonly verification?: Partial<VerificationPolicy>;
}

/** The set itself says that the row is of no use here. */
export interface SetAside {
  readonly reason: Extract<RefusalReason, 'filtered' | 'picture'>;
  readonly detail: string;
  readonly id?: string;
}

export interface Format {
  /** The fields that tell it from the others. */
  recognises(fields: Fields): boolean;
  read(fields: Fields): ReadRow | SetAside;
}

/** Text of a field; numbers are written out, lists joined, everything else is blank. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(text).join(', ');
  return '';
}

/** `{ [name]: text }` where there is a text. */
export function given<Name extends string>(name: Name, value: unknown): { [K in Name]?: string } {
  const found = text(value);
  return (found === '' ? {} : { [name]: found }) as { [K in Name]?: string };
}

export const has = (fields: Fields, ...names: string[]) => names.every((name) => fields[name] !== undefined);
