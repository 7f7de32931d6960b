import type { VerificationPolicy } from '../verify/policy.js';

/** A question with its gold answer. The teacher never sees one of these (method.md 1.1). */
export interface Problem {
  /** Unique in its set; names the problem in journals, caches and reports. */
  readonly id: string;
  readonly question: string;
  readonly gold: string;
  /** Where it comes from: a domain's name, or the file and line (or row) that it was read from. */
  readonly source: string;
  readonly subject?: string;
  readonly level?: string;
  /** How its answers are judged where that differs from the default: a tolerance, a unit, a list whose order counts. */
  readonly verification?: Partial<VerificationPolicy>;
}
