/** Reading and comparing, without extraction. */
import { parseAnswer } from './answer/parse-answer.js';
import { foldWords, plainText } from './answer/plain.js';
import type { Value } from './answer/value.js';
import { Budget } from './budget.js';
import { difference } from './equality/equal.js';
import type { Gold } from './gold.js';
import { completePolicy, type VerificationPolicy } from './policy.js';

/** An answer's typed value. @throws Unreadable with the reason. */
export function parse(answer: string): Value {
  return parseAnswer(answer, new Budget());
}

/** Whether the answer equals the gold under the policy; the gold comes first and decides. */
export function equal(gold: Gold, answer: Value, policy: Partial<VerificationPolicy> = {}): boolean {
  return whyDifferent(gold, answer, policy) === undefined;
}

/** The reason why they differ; undefined when they are equal. */
export function whyDifferent(gold: Gold, answer: Value, policy: Partial<VerificationPolicy> = {}): string | undefined {
  return difference(gold.value, answer, { policy: completePolicy(policy), budget: new Budget() });
}

/** A gold in words equals an answer of the same words, however the answer was read. */
export function sameWords(gold: Gold, answer: string): boolean {
  if (gold.value.kind !== 'text') return false;
  const plain = plainText(answer);
  return plain !== undefined && foldWords(plain) === gold.value.words;
}
