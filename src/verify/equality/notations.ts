/** Notations whose form matters: ratios, times of day, numerals of another base. */

import type { BasedValue, ClockValue, NumberValue, RatioValue, Value } from '../answer/value.js';
import { fraction, fromDecimal, negate, type Rational } from '../arithmetic/rational.js';
import type { Budget } from '../budget.js';
import { exactValue } from '../expression/exact.js';
import type { Node } from '../expression/node.js';
import type { Difference } from './comparison.js';
import { constantDifference, expressionDifference } from './expressions.js';

/** `1:2` is `2:4` and 1/2, unless it may be a time of day. */
export function ratioDifference(gold: RatioValue, answer: Value, budget: Budget): Difference {
  if (answer.kind === 'clock')
    return gold.clock ? clockDifference(clockOf(gold, budget), answer, budget) : 'is a time of day';
  if (answer.kind === 'number') {
    const [over, under] = gold.parts;
    if (gold.clock || gold.parts.length !== 2 || !over || !under) return 'is a number where the gold is a ratio';
    return constantDifference({ op: 'quotient', over, under }, answer.node, budget);
  }
  if (answer.kind !== 'ratio') return `is ${answer.kind} where the gold is a ratio`;
  if (gold.parts.length !== answer.parts.length) return 'has another number of parts';
  const same = gold.parts.every((part, i) => expressionDifference(part, answer.parts[i] as Node, budget) === undefined);
  if (same) return undefined;
  if (gold.clock) return 'is another time';
  const [first, own] = [gold.parts[0] as Node, answer.parts[0] as Node];
  for (let i = 1; i < gold.parts.length; i++) {
    const left: Node = { op: 'product', factors: [gold.parts[i] as Node, own] };
    const right: Node = { op: 'product', factors: [answer.parts[i] as Node, first] };
    const zero = exactValue(left, budget)?.n === 0n && exactValue(right, budget)?.n === 0n;
    if (zero || expressionDifference(left, right, budget) !== undefined) return 'is another ratio';
  }
  return undefined;
}

/** The halves of the day must agree where both are said; otherwise the digits, or the same moment on a 24-hour clock. */
export function clockDifference(gold: ClockValue, answer: Value, budget: Budget): Difference {
  const own = answer.kind === 'ratio' && answer.clock ? clockOf(answer, budget) : answer;
  if (own.kind !== 'clock') return `is ${answer.kind} where the gold is a time of day`;
  if (gold.minutes !== own.minutes || gold.seconds !== own.seconds) return 'is another time';
  if (gold.half !== undefined && own.half !== undefined && gold.half !== own.half)
    return 'is the other half of the day';
  const same = gold.hours === own.hours || hourOfDay(gold) === hourOfDay(own);
  return same ? undefined : 'is another time';
}

function hourOfDay({ hours, half }: ClockValue): number {
  if (half === undefined || hours > 12) return hours;
  return (hours % 12) + (half === 'pm' ? 12 : 0);
}

function clockOf(ratio: RatioValue, budget: Budget): ClockValue {
  const [hours = 0, minutes = 0, seconds = 0] = ratio.parts.map((part) => Number(exactValue(part, budget)?.n ?? 0n));
  return { kind: 'clock', hours, minutes, seconds, half: undefined };
}

/**
 * A numeral of a named base asks for the numeral: the digits must agree, and the base where the answer names one. Against a plain
 * gold number a numeral counts with its value.
 */
export function basedDifference(gold: BasedValue | NumberValue, answer: Value, budget: Budget): Difference {
  if (gold.kind === 'number') {
    if (answer.kind !== 'based') return `is ${answer.kind} where the gold is a number`;
    const value = numeralValue(answer, budget);
    return value ? constantDifference(gold.node, { op: 'number', value, decimal: false }, budget) : 'is too large';
  }
  if (answer.kind === 'based') {
    const same = gold.negative === answer.negative && gold.digits === answer.digits && gold.base === answer.base;
    return same ? undefined : 'is another numeral';
  }
  if (answer.kind === 'number' && /^[\d.]+$/.test(gold.digits)) {
    const digits = fromDecimal(gold.digits, budget);
    const value = gold.negative ? negate(digits) : digits;
    return constantDifference({ op: 'number', value, decimal: false }, answer.node, budget);
  }
  return `is ${answer.kind} where the gold is a numeral of base ${gold.base}`;
}

function numeralValue({ digits, base, negative }: BasedValue, budget: Budget): Rational | undefined {
  const [whole = '', places = ''] = digits.split('.');
  let value = 0n;
  for (const digit of whole + places) value = value * BigInt(base) + BigInt(Number.parseInt(digit, 36));
  return fraction(negative ? -value : value, BigInt(base) ** BigInt(places.length), budget);
}
