/** What crosses between a verifier and its worker thread. */
import type { VerificationPolicy } from '../policy.js';
import type { Verification } from '../verdict.js';

/** Which implementation the worker runs; a user's module is named by its file URL. */
export type Implementation = 'mathematics' | 'exact' | { readonly module: string };

export interface Job {
  readonly gold: string;
  readonly text: string;
  readonly policy: Partial<VerificationPolicy>;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly where: string | undefined;
  readonly remedy: string | undefined;
}

/** The first message says whether the implementation was loaded; then one per job, in order. */
export type FromWorker =
  | { readonly ready: true }
  | { readonly ready: false; readonly fault: Fault }
  | { readonly verification: Verification }
  | { readonly fault: Fault };
