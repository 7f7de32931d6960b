/**
 * Exact fractions of BigInts, in lowest terms, the denominator positive. Size is bounded by `limits.integerBits`: an operation that
 * would pass it gives `undefined`, and the caller goes on in floating point.
 */
import { type Budget, limits } from '../budget.js';

export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

export const zero: Rational = { n: 0n, d: 1n };
export const one: Rational = { n: 1n, d: 1n };

export function integer(value: number | bigint): Rational {
  return { n: BigInt(value), d: 1n };
}

export function bitLength(value: bigint): number {
  if (value < 0n) value = -value;
  if (value < 0x1_0000_0000n) return 32 - Math.clz32(Number(value));
  return value.toString(16).length * 4;
}

/** n/d in lowest terms; undefined when d is zero or either is too large. */
export function fraction(n: bigint, d: bigint, budget: Budget): Rational | undefined {
  if (d === 0n) return undefined;
  if (d < 0n) {
    n = -n;
    d = -d;
  }
  if (d === 1n) return bounded(n, budget) ? { n, d } : undefined;
  if (!bounded(n, budget) || !bounded(d, budget)) return undefined;
  const divisor = greatestCommonDivisor(n, d, budget);
  return divisor === 1n ? { n, d } : { n: n / divisor, d: d / divisor };
}

function bounded(value: bigint, budget: Budget): boolean {
  if (value < 0x1_0000_0000n && value > -0x1_0000_0000n) return true;
  const bits = bitLength(value);
  budget.spend(bits >> 4);
  return bits <= limits.integerBits;
}

export function greatestCommonDivisor(a: bigint, b: bigint, budget: Budget): bigint {
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  // Euclid takes about one step for every 1.7 bits of the smaller number, each as long as that number.
  const bits = Math.min(bitLength(a), bitLength(b));
  budget.spend(8 + bits * (3 + (bits >> 6)));
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

export function add(a: Rational, b: Rational, budget: Budget): Rational | undefined {
  if (a.d === b.d) return fraction(a.n + b.n, a.d, budget);
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d, budget);
}

export function negate(a: Rational): Rational {
  return { n: -a.n, d: a.d };
}

export function multiply(a: Rational, b: Rational, budget: Budget): Rational | undefined {
  return fraction(a.n * b.n, a.d * b.d, budget);
}

export function divide(a: Rational, b: Rational, budget: Budget): Rational | undefined {
  return fraction(a.n * b.d, a.d * b.n, budget);
}

export function isEqual(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d;
}

export function isInteger(a: Rational): boolean {
  return a.d === 1n;
}

/** -1, 0 or 1. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function floor(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient;
}

/** base^exponent; undefined for a root that is not rational, 0 to a negative power, 0^0, and what is too large. */
export function power(base: Rational, exponent: Rational, budget: Budget): Rational | undefined {
  if (base.n === 0n) return exponent.n > 0n ? zero : undefined;
  if (exponent.d !== 1n) {
    if (exponent.d > 64n) return undefined;
    const root = rationalRoot(base, Number(exponent.d), budget);
    return root && power(root, { n: exponent.n, d: 1n }, budget);
  }
  if (base.d === 1n && (base.n === 1n || base.n === -1n)) {
    return base.n === 1n || exponent.n % 2n === 0n ? one : base;
  }
  const size = exponent.n < 0n ? -exponent.n : exponent.n;
  const bits = Math.max(bitLength(base.n), bitLength(base.d));
  if (size > BigInt(limits.integerBits) || Number(size) * (bits - 1) > limits.integerBits) return undefined;
  budget.spend(8 + (Number(size) * bits) / 4);
  const n = base.n ** size;
  const d = base.d ** size;
  if (exponent.n >= 0n) return { n, d };
  return n < 0n ? { n: -d, d: -n } : { n: d, d: n };
}

/** The real root of the given degree when it is rational. */
export function rationalRoot(of: Rational, degree: number, budget: Budget): Rational | undefined {
  const n = integerRoot(of.n, degree, budget);
  const d = n === undefined ? undefined : integerRoot(of.d, degree, budget);
  return n === undefined || d === undefined ? undefined : { n, d };
}

function integerRoot(of: bigint, degree: number, budget: Budget): bigint | undefined {
  if (of < 0n) {
    const root = degree % 2 ? integerRoot(-of, degree, budget) : undefined;
    return root === undefined ? undefined : -root;
  }
  if (of < 2n) return of;
  const bits = bitLength(of);
  if (bits > 4_096) return undefined;
  budget.spend(64 + bits * 8);
  const k = BigInt(degree);
  let guess = 1n << BigInt(Math.ceil(bits / degree) + 1);
  for (;;) {
    const next = ((k - 1n) * guess + of / guess ** (k - 1n)) / k;
    if (next >= guess) break;
    guess = next;
  }
  return guess ** k === of ? guess : undefined;
}

/** The nearest double; infinite when out of range. */
export function toNumber(a: Rational): number {
  const n = Number(a.n);
  const d = Number(a.d);
  if (Number.isFinite(n) && Number.isFinite(d)) return n / d;
  const shift = BigInt(Math.max(0, Math.min(bitLength(a.n), bitLength(a.d)) - 1_000));
  return Number(a.n >> shift) / Number(a.d >> shift);
}

/** A decimal numeral as the lexer writes it: `12`, `.5`, `0.1(6)`. */
export function fromDecimal(text: string, budget: Budget): Rational {
  const [whole = '', rest = ''] = text.split('.');
  const [places = '', repeating = ''] = rest.replace(')', '').split('(');
  budget.spend(text.length * 4);
  const scale = 10n ** BigInt(places.length);
  const plain = BigInt(whole + places || '0');
  const period = repeating ? 10n ** BigInt(repeating.length) - 1n : 1n;
  const n = repeating ? plain * period + BigInt(repeating) : plain;
  return fraction(n, scale * period, budget) ?? { n, d: scale * period };
}
