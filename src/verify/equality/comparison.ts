/** What every comparison is given, and what it returns. */
import type { Budget } from '../budget.js';
import type { VerificationPolicy } from '../policy.js';

export interface Comparison {
  readonly policy: VerificationPolicy;
  readonly budget: Budget;
}

/** Why two values differ; undefined when they are equal. */
export type Difference = string | undefined;
