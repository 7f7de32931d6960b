/**
 * What an answer means for the request: pure, so that the rules can be read and tested as a table.
 *
 * They are the official client's: 408, 409, 429 and 5xx are tried again with exponential back-off, a server's `Retry-After` and
 * `x-should-retry` are heeded, 402 is a pause of the account. Added are 425 (a checkpoint in the making) and what certain details
 * say: that a sequence number was taken by another request, or that a name is taken, does not change by asking again.
 */
import type { HttpAnswer } from './exchange.js';

export type Verdict =
  /** It is what was asked for. */
  | 'take'
  /** Refused for now. */
  | 'again'
  /** The account is paused (402). */
  | 'paused'
  /** The credentials are refused (401). */
  | 'credentials'
  /** It will not get better. */
  | 'fail';

export interface Judgement {
  readonly verdict: Verdict;
  /** Milliseconds that the server asks to wait. */
  readonly after?: number;
  /** The request may have been carried out all the same. */
  readonly uncertain: boolean;
}

export function judge(answer: HttpAnswer, now: number): Judgement {
  const { status, headers } = answer;
  const after = retryAfter(headers.get('retry-after'), now);
  const uncertain = status === 408 || status >= 500;
  const verdict = verdictOf(status, headers.get('x-should-retry'), status === 409 ? detailOf(answer) : '');
  return { verdict, uncertain, ...(after !== undefined && { after }) };
}

function verdictOf(status: number, shouldRetry: string | null, conflict: string): Verdict {
  if (status >= 200 && status < 300) return 'take';
  if (status === 401) return 'credentials';
  if (status === 402) return 'paused';
  if (shouldRetry === 'true') return 'again';
  if (shouldRetry === 'false' || settled.test(conflict)) return 'fail';
  return [408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501) ? 'again' : 'fail';
}

/** Conflicts over a sequence number. */
export const sequenceReused = /number was reused/i;
/** Those, and conflicts over a checkpoint's name. */
const settled = /number was reused|already exists/i;

/** Seconds, or a date. */
function retryAfter(text: string | null, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const milliseconds = Number.isFinite(Number(text)) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** 0.5 s, doubled each time up to 30 s; up to a quarter less, by chance. `failures` from 0. */
export function backOff(failures: number, random: number): number {
  return Math.min(500 * 2 ** Math.min(failures, 10), 30_000) * (1 - 0.25 * random);
}

/** What the server says of a refusal: `detail` as a text, or the first of what was found wrong. */
export function detailOf(answer: HttpAnswer): string {
  const text = new TextDecoder().decode(answer.body.subarray(0, 4096));
  try {
    const body: unknown = JSON.parse(text);
    const { detail, error, message } = (body ?? {}) as Record<string, unknown>;
    const said = detail ?? error ?? message;
    if (typeof said === 'string') return said;
    // What pydantic found: only place and message, since `input` repeats what was sent.
    if (Array.isArray(said)) return said.map(finding).join('; ');
  } catch {}
  return text.startsWith('<') ? 'a web page' : text.trim();
}

function finding(item: unknown): string {
  const { loc, msg } = (item ?? {}) as { loc?: unknown; msg?: unknown };
  return `${Array.isArray(loc) ? loc.join('.') : '?'}: ${typeof msg === 'string' ? msg : 'not valid'}`;
}
