/** One verdict in the thread at hand: extract, read, compare. `createVerifier` runs it where it can be stopped. */
import { parseAnswer } from './answer/parse-answer.js';
import { Budget, Unreadable } from './budget.js';
import { sameWords, whyDifferent } from './equal.js';
import { extract } from './extract/extract.js';
import { type Gold, parseGold } from './gold.js';
import { completePolicy, type VerificationPolicy } from './policy.js';
import type { Verification } from './verdict.js';

/**
 * Judges the final answer of `text`. Never throws for what the text says.
 * @throws SoarError VERIFY_GOLD_UNREADABLE when the gold is a string that cannot be read.
 */
export function verify(gold: Gold | string, text: string, policy: Partial<VerificationPolicy> = {}): Verification {
  const started = performance.now();
  const complete = completePolicy(policy);
  const parsed = typeof gold === 'string' ? parseGold(gold, complete) : gold;
  return { ...judge(parsed, text, complete), ms: performance.now() - started };
}

function judge(gold: Gold, text: string, policy: VerificationPolicy): Omit<Verification, 'ms'> {
  const goldKind = gold.kind;
  const extracted = extract(text, policy.mode);
  if (extracted === undefined) {
    return { verdict: 'no-answer', extracted: null, goldKind, answerKind: null, reason: 'gives no answer' };
  }
  try {
    const answer = parseAnswer(extracted, new Budget());
    const answerKind = answer.kind;
    const reason = whyDifferent(gold, answer, policy);
    if (reason === undefined || sameWords(gold, extracted)) {
      return { verdict: 'correct', extracted, goldKind, answerKind, reason: '' };
    }
    return { verdict: 'wrong', extracted, goldKind, answerKind, reason };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (sameWords(gold, extracted)) return { verdict: 'correct', extracted, goldKind, answerKind: 'text', reason: '' };
    return { verdict: 'unparsed', extracted, goldKind, answerKind: null, reason: error.message };
  }
}
