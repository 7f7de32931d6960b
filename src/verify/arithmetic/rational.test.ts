import { describe, expect, it } from 'vitest';
import { Budget, BudgetExceeded, limits } from '../budget.js';
import {
  add,
  bitLength,
  compare,
  divide,
  floor,
  fraction,
  fromDecimal,
  greatestCommonDivisor,
  integer,
  power,
  rationalRoot,
  toNumber,
} from './rational.js';

const budget = () => new Budget();
const of = (n: number, d: number) => fraction(BigInt(n), BigInt(d), budget())!;

describe('fractions', () => {
  it('are in lowest terms with a positive denominator', () => {
    expect(of(6, -8)).toEqual({ n: -3n, d: 4n });
    expect(fraction(1n, 0n, budget())).toBeUndefined();
    expect(add(of(1, 6), of(1, 10), budget())).toEqual({ n: 4n, d: 15n });
    expect(divide(of(1, 2), of(0, 5), budget())).toBeUndefined();
    expect(compare(of(-1, 2), of(-1, 3))).toBe(-1);
    expect(floor(of(-7, 2))).toBe(-4n);
  });

  it('of decimals, repeating ones too', () => {
    expect(fromDecimal('.5', budget())).toEqual({ n: 1n, d: 2n });
    expect(fromDecimal('12.50', budget())).toEqual({ n: 25n, d: 2n });
    expect(fromDecimal('0.1(6)', budget())).toEqual({ n: 1n, d: 6n });
    expect(fromDecimal('0.(142857)', budget())).toEqual({ n: 1n, d: 7n });
  });

  it('to powers and roots, where those are rational', () => {
    expect(power(of(2, 3), integer(-3), budget())).toEqual({ n: 27n, d: 8n });
    expect(power(of(8, 27), of(2, 3), budget())).toEqual({ n: 4n, d: 9n });
    expect(power(integer(-8), of(1, 3), budget())).toEqual({ n: -2n, d: 1n });
    expect(power(integer(2), of(1, 2), budget())).toBeUndefined();
    expect(power(integer(0), integer(0), budget())).toBeUndefined();
    expect(rationalRoot(integer(-4), 2, budget())).toBeUndefined();
    const big = 3n ** 200n;
    expect(rationalRoot({ n: big * big, d: 1n }, 2, budget())).toEqual({ n: big, d: 1n });
    expect(rationalRoot({ n: big * big + 1n, d: 1n }, 2, budget())).toBeUndefined();
  });

  it('become doubles whatever their size', () => {
    expect(toNumber({ n: 10n ** 400n, d: 4n * 10n ** 400n })).toBe(0.25);
    expect(toNumber({ n: 10n ** 400n, d: 1n })).toBe(Number.POSITIVE_INFINITY);
  });

  it('stop at their bounds: too large is no value, too much work ends the verdict', () => {
    expect(power(integer(2), integer(limits.integerBits + 8), budget())).toBeUndefined();
    expect(fraction(1n << BigInt(limits.integerBits + 8), 1n, budget())).toBeUndefined();
    expect(bitLength(-(1n << 70n))).toBeGreaterThanOrEqual(71);
    const [a, b] = [3n ** 20_000n, 2n ** 31_000n + 1n];
    expect(() => greatestCommonDivisor(a, b, new Budget(1_000))).toThrow(BudgetExceeded);
  });
});
