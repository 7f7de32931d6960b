/**
 * Equality of expressions: exact fractions where both sides have them, else complex doubles; free symbols are tried at the sample
 * points, of which at least four must count and none may disagree.
 */
import { type Complex, isReal, modulus, multiply } from '../arithmetic/complex.js';
import { isEqual, multiply as multiplyExact, type Rational } from '../arithmetic/rational.js';
import { Budget, BudgetExceeded } from '../budget.js';
import { exactValue } from '../expression/exact.js';
import { wholeNumberFunctions } from '../expression/functions.js';
import { type Node, sameTree, some, symbolsOf } from '../expression/node.js';
import { numericValue } from '../expression/numeric.js';
import { isClose, isImprecise } from './closeness.js';
import type { Difference } from './comparison.js';
import { type SamplePoint, samplePoints } from './sample-points.js';

const fewestPoints = 4;
const noSymbols: ReadonlyMap<string, Complex> = new Map();

interface Sample {
  readonly point: SamplePoint;
  readonly exact: Rational | undefined;
  readonly numeric: Complex;
}

interface GoldSamples {
  readonly symbols: readonly string[];
  readonly samples: readonly Sample[];
}

/** A pure function of the gold's tree, remembered; it is paid from a budget of its own so that no verdict depends on an earlier one. */
const remembered = new WeakMap<Node, GoldSamples>();

/** Compares two trees with or without free symbols. */
export function expressionDifference(gold: Node, answer: Node, budget: Budget): Difference {
  const { symbols, samples } = goldSamples(gold);
  if (symbolsOf(answer).some((name) => !symbols.includes(name))) return 'uses a symbol that the gold has not';
  if (symbols.length === 0) return constantDifference(gold, answer, budget);
  if (samples.length < fewestPoints) return sameTree(gold, answer) ? undefined : 'cannot be compared by value';
  let agreed = 0;
  for (const sample of samples) {
    const verdict = agreesAt(sample, answer, budget);
    if (verdict === false) return 'has another value';
    if (verdict) agreed++;
  }
  return agreed >= fewestPoints && agreed * 2 >= samples.length ? undefined : 'has no value where the gold has one';
}

/** Constants. `\infty` equals only itself. */
export function constantDifference(gold: Node, answer: Node, budget: Budget): Difference {
  const [goldInfinity, answerInfinity] = [infinitySign(gold), infinitySign(answer)];
  if (goldInfinity !== 0 || answerInfinity !== 0) {
    return goldInfinity === answerInfinity ? undefined : 'one is infinite';
  }
  const [exactGold, exactAnswer] = [exactValue(gold, new Budget()), exactValue(answer, budget)];
  if (exactGold && exactAnswer) return isEqual(exactGold, exactAnswer) ? undefined : 'has another value';
  const u = numericValue(gold, new Budget(), noSymbols);
  const v = numericValue(answer, budget, noSymbols);
  if (isImprecise(u, modulus(u))) return sameTree(gold, answer) ? undefined : 'cannot be compared by value';
  if (isImprecise(v, modulus(u))) return 'has no value, or none that is precise enough';
  return isClose(u, v) ? undefined : 'has another value';
}

/** 1 for `\infty`, -1 for `-\infty`, 0 for everything else. */
export function infinitySign(node: Node): -1 | 0 | 1 {
  if (node.op === 'constant' && node.name === 'infinity') return 1;
  return node.op === 'negative' && node.of.op === 'constant' && node.of.name === 'infinity' ? -1 : 0;
}

function goldSamples(gold: Node): GoldSamples {
  const known = remembered.get(gold);
  if (known) return known;
  const all = symbolsOf(gold);
  const symbols = all.filter((name) => !name.endsWith('()'));
  const whole = some(gold, (n) => n.op === 'factorial' || (n.op === 'call' && wholeNumberFunctions.has(n.name)));
  const complexGold = some(gold, (n) => n.op === 'constant' && n.name === 'i');
  const points = symbols.length === 0 && all.length === 0 ? [] : samplePoints(symbols, whole);
  const everywhere = points.map((point) => sampleAt(gold, point)).filter((sample) => sample !== undefined);
  // On the real line where that is enough; the roots of negative numbers have no branch that all writers agree on.
  const realOnes = complexGold ? everywhere : everywhere.filter((sample) => sample.exact || isReal(sample.numeric));
  const result = { symbols: all, samples: realOnes.length >= fewestPoints ? realOnes : everywhere };
  remembered.set(gold, result);
  return result;
}

function sampleAt(gold: Node, point: SamplePoint): Sample | undefined {
  try {
    const budget = new Budget();
    const exact = point.exact && exactValue(gold, budget, point.exact);
    const numeric = numericValue(gold, budget, point.numeric);
    return exact || !isImprecise(numeric, modulus(numeric)) ? { point, exact, numeric } : undefined;
  } catch (error) {
    if (error instanceof BudgetExceeded) return undefined;
    throw error;
  }
}

/** Undefined where the answer has no value to compare. */
function agreesAt(sample: Sample, answer: Node, budget: Budget): boolean | undefined {
  const exact = sample.exact && sample.point.exact && exactValue(answer, budget, sample.point.exact);
  if (exact && sample.exact) return isEqual(sample.exact, exact);
  const value = numericValue(answer, budget, sample.point.numeric);
  const size = modulus(sample.numeric);
  if (isImprecise(sample.numeric, size) || isImprecise(value, size)) return undefined;
  return isClose(sample.numeric, value);
}

/**
 * Whether answer = c gold for one constant c: its sign, or 0 when there is no such constant. The cross products are compared, so no
 * division decides. An answer that is zero everywhere (`0 = 0`) is no multiple.
 */
export function proportion(gold: Node, answer: Node, budget: Budget): -1 | 0 | 1 {
  const { symbols, samples } = goldSamples(gold);
  const own = symbolsOf(answer);
  if (own.length !== symbols.length || own.some((name) => !symbols.includes(name))) return 0;
  let first: { gold: Sample; exact: Rational | undefined; numeric: Complex } | undefined;
  let agreed = 0;
  for (const sample of samples) {
    const exact = sample.point.exact && exactValue(answer, budget, sample.point.exact);
    const numeric = numericValue(answer, budget, sample.point.numeric);
    const size = modulus(numeric);
    if (!exact && isImprecise(numeric, size)) continue;
    if (!first) {
      if (modulus(sample.numeric) === 0) continue;
      if (size <= 4 * numeric.err) return 0;
      first = { gold: sample, exact, numeric };
      agreed = 1;
      continue;
    }
    if (!crossEqual(first, { gold: sample, exact, numeric }, budget)) return 0;
    agreed++;
  }
  if (!first || agreed < fewestPoints) return 0;
  const ratio = multiply(first.numeric, first.gold.numeric);
  return isReal(ratio) && ratio.re !== 0 ? (Math.sign(ratio.re) as -1 | 1) : 0;
}

interface Pairing {
  readonly gold: Sample;
  readonly exact: Rational | undefined;
  readonly numeric: Complex;
}

function crossEqual(a: Pairing, b: Pairing, budget: Budget): boolean {
  if (a.exact && b.exact && a.gold.exact && b.gold.exact) {
    const left = multiplyExact(a.exact, b.gold.exact, budget);
    const right = multiplyExact(b.exact, a.gold.exact, budget);
    if (left && right) return isEqual(left, right);
  }
  return isClose(multiply(a.numeric, b.gold.numeric), multiply(b.numeric, a.gold.numeric));
}
