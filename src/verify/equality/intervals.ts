/** Unions of intervals, compared as sets of numbers: sorted, and joined where they touch. */

import type { Interval } from '../answer/value.js';
import { modulus } from '../arithmetic/complex.js';
import type { Budget } from '../budget.js';
import { type Node, symbolsOf } from '../expression/node.js';
import { numericValue } from '../expression/numeric.js';
import type { Comparison, Difference } from './comparison.js';
import { expressionDifference, infinitySign } from './expressions.js';

const noSymbols = new Map();

export function intervalsDifference(
  gold: readonly Interval[],
  answer: readonly Interval[],
  { budget }: Comparison,
): Difference {
  const [left, right] = [joined(gold, budget), joined(answer, budget)];
  if (left.length !== right.length) return 'has another number of intervals';
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [left[i] as Interval, right[i] as Interval];
    if (a.lowClosed !== b.lowClosed || a.highClosed !== b.highClosed)
      return 'is open where the gold is closed, or the reverse';
    const reason = expressionDifference(a.low, b.low, budget) ?? expressionDifference(a.high, b.high, budget);
    if (reason !== undefined) return `has an end that ${reason}`;
  }
  return undefined;
}

interface Placed {
  readonly part: Interval;
  readonly low: number;
  readonly high: number;
}

/** In order and disjoint. Ends that have symbols leave the order as written. */
function joined(parts: readonly Interval[], budget: Budget): Interval[] {
  if (parts.some((part) => symbolsOf(part.low).length > 0 || symbolsOf(part.high).length > 0)) return [...parts];
  const placed = parts
    .map((part): Placed => ({ part, low: position(part.low, budget), high: position(part.high, budget) }))
    .sort((a, b) => a.low - b.low || Number(b.part.lowClosed) - Number(a.part.lowClosed));
  const out: Placed[] = [];
  for (const next of placed) {
    const last = out.at(-1);
    const touches =
      last && (next.low < last.high || (next.low === last.high && (next.part.lowClosed || last.part.highClosed)));
    if (last && touches) out[out.length - 1] = union(last, next);
    else out.push(next);
  }
  return out.map((entry) => entry.part);
}

function union(a: Placed, b: Placed): Placed {
  const further = b.high > a.high || (b.high === a.high && b.part.highClosed) ? b : a;
  const { high, highClosed } = further.part;
  return { low: a.low, high: further.high, part: { ...a.part, high, highClosed } };
}

/** Where an end lies on the line. */
export function position(node: Node, budget: Budget): number {
  const sign = infinitySign(node);
  if (sign !== 0) return sign * Number.POSITIVE_INFINITY;
  const z = numericValue(node, budget, noSymbols);
  return modulus(z) === Math.abs(z.re) ? z.re : Number.NaN;
}
