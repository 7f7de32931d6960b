/** `soar-rl/verify`: whether a model's final answer equals a gold one. */
export type { Value } from './answer/value.js';
export { Unreadable } from './budget.js';
export { equal, parse } from './equal.js';
export { extract } from './extract/extract.js';
export { type Gold, parseGold } from './gold.js';
export { type JsonlOptions, type VerdictRow, verifyRows } from './jsonl.js';
export { completePolicy, defaultPolicy, type VerificationPolicy } from './policy.js';
export { verificationPolicySchema } from './settings.js';
export type { Verdict, Verification } from './verdict.js';
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.js';
export { verify } from './verify.js';
