import { describe, expect, it } from 'vitest';
import { Budget } from '../budget.js';
import {
  add,
  complex,
  divide,
  exp,
  isDefined,
  log,
  modulus,
  multiply,
  negate,
  power,
  real,
  sine,
  sqrt,
} from './complex.js';
import { binomial, exactBinomial, exactFactorial, factorial } from './gamma.js';

const i = complex(0, 1, 0);

describe('complex doubles', () => {
  it('know their values', () => {
    const square = multiply(add(real(1), i), add(real(1), i));
    expect([square.re, square.im]).toEqual([0, 2]);
    const euler = exp(multiply(i, real(Math.PI)));
    expect(modulus(add(euler, real(1)))).toBeLessThan(1e-15);
    expect(sqrt(real(-9))).toMatchObject({ re: 0, im: 3 });
    expect(log(real(-1)).im).toBeCloseTo(Math.PI, 14);
    expect(power(i, real(4)).re).toBe(1);
    expect(isDefined(divide(real(1), real(0)))).toBe(false);
    expect(isDefined(power(real(0), real(-1)))).toBe(false);
  });

  it('bound their errors: the true value lies within', () => {
    // (sqrt 2)^2 - 2 is 0; sin(pi) is 0; 1e16 + 1 - 1e16 is 1.
    const root = add(multiply(sqrt(real(2)), sqrt(real(2))), negate(real(2)));
    expect(Math.abs(root.re)).toBeLessThanOrEqual(root.err);
    const wave = sine(real(Math.PI));
    expect(Math.abs(wave.re)).toBeLessThanOrEqual(wave.err);
    const lost = add(add(real(1e16), real(1)), real(-1e16));
    expect(Math.abs(lost.re - 1)).toBeLessThanOrEqual(lost.err);
    expect(lost.err).toBeGreaterThan(0.5);
  });
});

describe('factorials and binomials', () => {
  it('exactly', () => {
    expect(exactFactorial(20n, new Budget())).toBe(2432902008176640000n);
    expect(exactFactorial(0n, new Budget())).toBe(1n);
    expect(exactFactorial(10n ** 9n, new Budget())).toBeUndefined();
    expect(exactBinomial(52n, 5n, new Budget())).toBe(2598960n);
    expect(exactBinomial(5n, 7n, new Budget())).toBe(0n);
    expect(exactBinomial(10n ** 50n, 3000n, new Budget())).toBeUndefined();
  });

  it('between the integers', () => {
    // (1/2)! = sqrt(pi)/2, (-1/2)! = sqrt(pi).
    expect(factorial(real(0.5)).re).toBeCloseTo(Math.sqrt(Math.PI) / 2, 13);
    expect(factorial(real(-0.5)).re).toBeCloseTo(Math.sqrt(Math.PI), 13);
    expect(factorial(real(10)).re / 3628800).toBeCloseTo(1, 12);
    expect(isDefined(factorial(real(-3)))).toBe(false);
    expect(binomial(real(5), real(2)).re).toBeCloseTo(10, 11);
    expect(binomial(real(5), real(9)).re).toBe(0);
  });
});
