/**
 * `soar verify --jsonl` without the terminal: lines in, verdict lines out, in order, in constant memory. A row is
 * `{"id", "gold", "text", "mode"?}`; a row that is none becomes an error line and the rest goes on.
 */
import { SoarError } from '../errors.js';
import type { VerificationPolicy } from './policy.js';
import type { Verification } from './verdict.js';
import type { Verifier } from './verifier.js';

/** One line of the output: a verdict with the row's id, or what is wrong with the row. */
export type VerdictRow =
  | ({ readonly id: unknown } & Verification)
  | {
      readonly id: unknown;
      readonly line: number;
      readonly error: { readonly code: string; readonly message: string };
    };

export interface JsonlOptions {
  /** For every row; a row's own `mode` comes before it. */
  readonly policy?: Partial<VerificationPolicy>;
  /** Rows under way at once. */
  readonly concurrency?: number;
}

/** Verdict rows in the order of the lines. Blank lines are skipped. At most `concurrency` rows are held. */
export async function* verifyRows(
  lines: AsyncIterable<string> | Iterable<string>,
  verifier: Verifier,
  { policy = {}, concurrency = 64 }: JsonlOptions = {},
): AsyncGenerator<VerdictRow, void, undefined> {
  const underWay: Promise<VerdictRow>[] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const row = verifyLine(line, number, verifier, policy);
    // Reported when its turn comes, not as an unhandled rejection before.
    row.catch(() => undefined);
    underWay.push(row);
    if (underWay.length >= concurrency) yield await (underWay.shift() as Promise<VerdictRow>);
  }
  while (underWay.length) yield await (underWay.shift() as Promise<VerdictRow>);
}

async function verifyLine(
  line: string,
  number: number,
  verifier: Verifier,
  policy: Partial<VerificationPolicy>,
): Promise<VerdictRow> {
  let id: unknown = null;
  try {
    const json = parseJson(line);
    id = json.id ?? null;
    const row = checkedRow(json);
    const mode = row.mode === undefined ? {} : { mode: row.mode };
    return { id, ...(await verifier.verify(row.gold, row.text, { ...policy, ...mode })) };
  } catch (error) {
    // A fault of the verifier itself ends the run; a fault of the row is its line of the output.
    if (!(error instanceof SoarError) || error.code.startsWith('VERIFIER_')) throw error;
    return { id, line: number, error: { code: error.code, message: error.message } };
  }
}

interface Row {
  readonly gold: string;
  readonly text: string;
  readonly mode?: VerificationPolicy['mode'];
}

function parseJson(line: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw badRow(`is no JSON: ${(cause as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badRow('is no object');
  return json as Record<string, unknown>;
}

function checkedRow({ gold, text, mode }: Record<string, unknown>): Row {
  if (typeof gold !== 'string') throw badRow('has no text "gold"');
  if (typeof text !== 'string') throw badRow('has no text "text"');
  if (mode !== undefined && mode !== 'reward' && mode !== 'evaluation' && mode !== 'answer') {
    throw badRow('has a "mode" that is not reward, evaluation or answer');
  }
  return mode === undefined ? { gold, text } : { gold, text, mode };
}

function badRow(fault: string): SoarError {
  return new SoarError('VERIFY_ROW', `the row ${fault}`, {
    remedy: 'write {"id", "gold", "text", "mode"} on each line',
  });
}
