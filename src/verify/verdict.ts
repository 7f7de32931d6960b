/** What the verifier says of one answer. */
import type { Value } from './answer/value.js';

export type Verdict =
  | 'correct'
  | 'wrong'
  /** The text gives no answer where the mode looks for one. */
  | 'no-answer'
  /** There is an answer and it cannot be read. */
  | 'unparsed'
  /** The worker was stopped: too long or too much memory. Pays nothing. */
  | 'timeout';

export interface Verification {
  readonly verdict: Verdict;
  /** The answer as extracted; null without one. */
  readonly extracted: string | null;
  /** Null where the verifier reads no kinds (exact match, a user's module). */
  readonly goldKind: Value['kind'] | null;
  readonly answerKind: Value['kind'] | null;
  /** Why it is not correct; empty when it is. */
  readonly reason: string;
  /** Wall time in milliseconds; no part of the decision. */
  readonly ms: number;
}
