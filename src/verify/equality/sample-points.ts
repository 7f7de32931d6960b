/**
 * Where expressions with free symbols are compared: fixed points of several scales, integers and negatives among them. On (0.3, 2.5)
 * alone floor(2n/3)+1 would equal floor(log2 n)+1.
 */
import { type Complex, real } from '../arithmetic/complex.js';
import { integer, type Rational } from '../arithmetic/rational.js';

export interface SamplePoint {
  /** Present at whole numbers, where expressions are compared exactly if they can be. */
  readonly exact: ReadonlyMap<string, Rational> | undefined;
  readonly numeric: ReadonlyMap<string, Complex>;
}

/** A value for the symbol of index j at point k. */
type Rule = (j: number, k: number) => number;

const small: Rule = (j, k) => 2 + ((5 * j + 3 * k) % 17);
const large: Rule = (j, k) => 100 + ((37 * j + 11 * k) % 211);
const negative: Rule = (j, k) => -2 - ((5 * j + 3 * k + 4) % 17);
/** The fractional part of multiples of an irrational, different for every symbol and point. */
const spread: Rule = (j, k) => ((j + 1) * 0.6180339887498949 + (k + 1) * 0.4142135623730951 * (j + 2)) % 1;
const nearOne: Rule = (j, k) => 0.3 + 2.2 * spread(j, k);
const tens: Rule = (j, k) => 5 + 55 * spread(j, k);
const below: Rule = (j, k) => -0.2 - 3 * spread(j, k);
const tiny: Rule = (j, k) => 0.01 + 0.2 * spread(j, k);

const everywhere: readonly Rule[] = [small, nearOne, negative, nearOne, large, below, tens, tiny, nearOne, small];
const thousands: Rule = (j, k) => 1_000 + ((613 * j + 1_009 * k) % 4_001);
const few: Rule = (j, k) => 1 + ((7 * j + 5 * k) % 12);
const rising: Rule = (j, k) => 2 + k + 3 * j;
const falling: Rule = (j, k) => 2 + k + 3 * (11 - (j % 12));
const wholeNumbers: readonly Rule[] = [
  small,
  rising,
  falling,
  few,
  large,
  rising,
  falling,
  few,
  small,
  thousands,
  rising,
  falling,
];

/** Ten points for expressions of real symbols; two dozen for those of whole numbers. */
export function samplePoints(symbols: readonly string[], whole: boolean): SamplePoint[] {
  const rules = whole ? [...wholeNumbers, ...wholeNumbers] : everywhere;
  return rules.map((rule, k) => {
    const values = symbols.map((_, j) => rule(j, k));
    const exact = values.every(Number.isInteger)
      ? new Map(symbols.map((name, j) => [name, integer(values[j] as number)]))
      : undefined;
    const numeric = new Map(
      symbols.map((name, j): [string, Complex] => {
        const value = values[j] as number;
        return [name, Number.isInteger(value) ? { re: value, im: 0, err: 0 } : real(value)];
      }),
    );
    return { exact, numeric };
  });
}
