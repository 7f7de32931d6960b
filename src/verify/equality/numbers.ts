/** Numbers as people write them: exact, rounded to six digits or more, in percent, with units, within a dataset's tolerance. */

import type { NumberValue, Unit } from '../answer/value.js';
import { isReal, modulus } from '../arithmetic/complex.js';
import { divide, integer, isEqual, multiply, one, type Rational, toNumber } from '../arithmetic/rational.js';
import { Budget } from '../budget.js';
import { exactValue } from '../expression/exact.js';
import { type Node, some } from '../expression/node.js';
import { numericValue } from '../expression/numeric.js';
import type { Comparison, Difference } from './comparison.js';
import { constantDifference, infinitySign } from './expressions.js';

/** A decimal stands for the number that it rounds when it shows at least so many digits. */
const fewestDigits = 6;
const hundred = integer(100);
const noSymbols = new Map();

export function numberDifference(gold: NumberValue, answer: NumberValue, comparison: Comparison): Difference {
  const unit = unitRatio(gold, answer, comparison);
  if (typeof unit === 'string') return unit;
  let reason: Difference = 'has another value';
  for (const factor of percentFactors(gold, answer, comparison)) {
    const scale = product(factor, unit.scale);
    const asWritten = isEqual(scale, one) && !unit.radians;
    const node = asWritten ? answer.node : scaledNode(answer.node, scale, unit.radians);
    reason = plainDifference(gold, { ...answer, node, decimal: asWritten ? answer.decimal : undefined }, comparison);
    if (reason === undefined) return undefined;
  }
  return reason;
}

/** What the answer's value may be multiplied with, to be in the gold's terms. */
function percentFactors(gold: NumberValue, answer: NumberValue, { policy }: Comparison): Rational[] {
  if (gold.percent === answer.percent) return [one];
  const percentToPlain = { n: 1n, d: 100n };
  const strict = gold.percent ? hundred : percentToPlain;
  if (policy.percent === 'exact') return [strict];
  // A gold of at most one is a share, and 0.5% of it is no other way to write 0.5.
  const plainGold = doubleOf(gold.node, new Budget());
  const share = !gold.percent && (plainGold === undefined || Math.abs(plainGold) <= 1);
  return share ? [strict] : [one, strict];
}

interface UnitRatio {
  /** From the answer's unit to the gold's. */
  readonly scale: Rational;
  /** The answer is an angle in terms of pi and the gold one in degrees. */
  readonly radians: boolean;
}

/** A reason when the units clash. */
function unitRatio(gold: NumberValue, answer: NumberValue, { policy }: Comparison): UnitRatio | string {
  const same = { scale: one, radians: false };
  const [g, a] = [gold.unit?.dimension, answer.unit?.dimension];
  if (policy.units === 'ignored') return same;
  if (g === 'angle^1' && a === undefined && hasPi(answer.node)) return { scale: one, radians: true };
  if (g !== undefined && a === undefined) return policy.units === 'required' ? 'has no unit' : same;
  if (g === undefined || a === undefined) return same;
  if (g !== a) return generic(g, a) ? same : 'has another unit';
  const scale = divide((answer.unit as Unit).scale, (gold.unit as Unit).scale, new Budget());
  return { scale: scale as Rational, radians: false };
}

/** "Units" may be any unit; square units are a length squared. */
function generic(a: string, b: string): boolean {
  const [unit, other] = a.startsWith('unit^') ? [a, b] : [b, a];
  if (!unit.startsWith('unit^') || other.startsWith('unit^')) return false;
  return !other.startsWith('length^') || unit.slice('unit^'.length) === other.slice('length^'.length);
}

function hasPi(node: Node): boolean {
  return some(node, (n) => n.op === 'constant' && n.name === 'pi');
}

function product(a: Rational, b: Rational): Rational {
  return multiply(a, b, new Budget()) as Rational;
}

function scaledNode(node: Node, scale: Rational, fromRadians: boolean): Node {
  const factors: Node[] = [{ op: 'number', value: scale, decimal: false }, node];
  if (fromRadians) {
    const half: Node = { op: 'number', value: integer(180), decimal: false };
    factors.push({ op: 'quotient', over: half, under: { op: 'constant', name: 'pi' } });
  }
  return { op: 'product', factors };
}

function plainDifference(gold: NumberValue, answer: NumberValue, { policy, budget }: Comparison): Difference {
  const reason = constantDifference(gold.node, answer.node, budget);
  if (reason === undefined || infinitySign(gold.node) !== 0 || infinitySign(answer.node) !== 0) return reason;
  if (policy.tolerance > 0) {
    const [u, v] = [doubleOf(gold.node, new Budget()), doubleOf(answer.node, budget)];
    // A hair wider, so that 4.3 is within 0.1 of 4.2.
    if (u !== undefined && v !== undefined && Math.abs(u - v) <= policy.tolerance * (1 + 1e-9)) return undefined;
  }
  if (roundsTo(answer.node, gold.decimal, gold.node, budget)) return undefined;
  return roundsTo(gold.node, answer.decimal, answer.node, budget) ? undefined : reason;
}

/** The decimal as written is `of`, correctly rounded at its last digit or at the sixth place, whichever comes first. */
function roundsTo(of: Node, decimal: NumberValue['decimal'], written: Node, budget: Budget): boolean {
  if (!decimal || decimal.significant < fewestDigits) return false;
  const [value, shown] = [doubleOf(of, budget), doubleOf(written, budget)];
  if (value === undefined || shown === undefined || value === 0) return false;
  const sixth = Math.max(fewestDigits, fewestDigits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const unit = 10 ** -Math.min(decimal.places, sixth);
  return Math.abs(value - shown) <= 0.5 * unit * (1 + 1e-6) && Math.abs(value - shown) <= 1e-5 * Math.abs(value);
}

function doubleOf(node: Node, budget: Budget): number | undefined {
  const exact = exactValue(node, budget);
  if (exact) return toNumber(exact);
  const z = numericValue(node, budget, noSymbols);
  return isReal(z) && Number.isFinite(modulus(z)) ? z.re : undefined;
}
