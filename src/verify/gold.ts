/** A gold answer, read once and compared many times. */
import { SoarError } from '../errors.js';
import { parseAnswer } from './answer/parse-answer.js';
import { readUnit } from './answer/units.js';
import type { Value } from './answer/value.js';
import { Budget, Unreadable } from './budget.js';
import { lastBoxed } from './extract/boxed.js';
import { completePolicy, type VerificationPolicy } from './policy.js';

export interface Gold {
  readonly source: string;
  readonly value: Value;
  readonly kind: Value['kind'];
}

/**
 * Reads a gold, boxed (`... \boxed{5}`) or plain.
 * @throws SoarError VERIFY_GOLD_UNREADABLE when it is empty or cannot be read: such a row has no use.
 */
export function parseGold(source: string, policy: Partial<VerificationPolicy> = {}): Gold {
  const { unit } = completePolicy(policy);
  const plain = lastBoxed(source) ?? source;
  try {
    const value = withUnit(parseAnswer(plain, new Budget()), unit);
    return { source, value, kind: value.kind };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new SoarError('VERIFY_GOLD_UNREADABLE', `a gold answer ${error.message}`, {
      where: JSON.stringify(source.slice(0, 200)),
      remedy: 'correct the row or leave it out',
      cause: error,
    });
  }
}

/** The dataset's unit where the gold itself has none. */
function withUnit(value: Value, words: string): Value {
  const phrase = words === '' ? undefined : readUnit(unitWords(words));
  if (!phrase) return value;
  const apply = (item: Value): Value => {
    if (item.kind === 'list' || item.kind === 'set') return { ...item, items: item.items.map(apply) };
    if (item.kind === 'assignment') return { ...item, values: item.values.map(apply) };
    if (item.kind !== 'number') return item;
    return { ...item, percent: item.percent || phrase.percent, unit: item.unit ?? phrase.unit };
  };
  return apply(value);
}

/** `$cm^2$`, `^{\circ}`, `%` as unit words. */
function unitWords(words: string): string {
  if (words.includes('\\circ')) return 'degrees';
  return words
    .replaceAll('$', '')
    .replaceAll('\\%', 'percent')
    .replaceAll('%', 'percent')
    .replaceAll('{', '')
    .replaceAll('}', '');
}
