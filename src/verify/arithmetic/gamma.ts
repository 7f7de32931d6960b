/** n! and binomial coefficients: exact for integers within bounds, by the gamma function for other real arguments. */
import { type Budget, limits } from '../budget.js';
import { type Complex, complex, isReal, noValue } from './complex.js';

/** n!; undefined when too large. */
export function exactFactorial(n: bigint, budget: Budget): bigint | undefined {
  if (n < 0n || n > BigInt(limits.factorial)) return undefined;
  return productOf(1n, n, budget);
}

/** The product of the integers from `low` to `high`, halved again and again so that the factors stay of one size. */
function productOf(low: bigint, high: bigint, budget: Budget): bigint {
  if (low > high) return 1n;
  const count = Number(high - low);
  budget.spend(16 + count * 4);
  if (count < 8) {
    let product = low;
    for (let k = low + 1n; k <= high; k++) product *= k;
    return product;
  }
  const middle = (low + high) / 2n;
  return productOf(low, middle, budget) * productOf(middle + 1n, high, budget);
}

/** n choose k for integers; undefined when too large. */
export function exactBinomial(n: bigint, k: bigint, budget: Budget): bigint | undefined {
  if (k < 0n || (n >= 0n && k > n)) return 0n;
  if (n < 0n) return undefined;
  if (k > n - k) k = n - k;
  if (k > BigInt(limits.factorial) || (k > 64n && n > 100_000n)) return undefined;
  return productOf(n - k + 1n, n, budget) / productOf(1n, k, budget);
}

/** Coefficients of the Lanczos approximation for g = 7, nine terms (relative error near 1e-15 on the right half-line). */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** log |Gamma(x)| and the sign of Gamma(x), x not a pole. */
function logGamma(x: number): [number, number] {
  if (x < 0.5) {
    const s = Math.sin(Math.PI * x);
    const [value] = logGamma(1 - x);
    return [Math.log(Math.PI / Math.abs(s)) - value, Math.sign(s)];
  }
  const y = x - 1;
  let sum = lanczos[0] as number;
  for (let i = 1; i < 9; i++) sum += (lanczos[i] as number) / (y + i);
  const t = y + 7.5;
  return [0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum), 1];
}

const relativeError = 1e-13;

/** x! for real x. */
export function factorial(z: Complex): Complex {
  return gammaRatio([z.re + 1], [], z);
}

/** n choose k for real n and k. */
export function binomial(n: Complex, k: Complex): Complex {
  if (!isReal(k)) return noValue;
  return gammaRatio([n.re + 1], [k.re + 1, n.re - k.re + 1], n);
}

function gammaRatio(over: number[], under: number[], witness: Complex): Complex {
  if (!isReal(witness)) return noValue;
  let total = 0;
  let size = 1;
  let sign = 1;
  for (const x of over) {
    if (!(x > 0) && Number.isInteger(x)) return noValue;
    const [value, s] = logGamma(x);
    total += value;
    size += Math.abs(value);
    sign *= s;
  }
  for (const x of under) {
    // 1/Gamma is zero at its poles.
    if (!(x > 0) && Number.isInteger(x)) return complex(0, 0, 0);
    const [value, s] = logGamma(x);
    total -= value;
    size += Math.abs(value);
    sign *= s;
  }
  const value = sign * Math.exp(total);
  return Number.isFinite(value) ? complex(value, 0, Math.abs(value) * relativeError * size) : noValue;
}
