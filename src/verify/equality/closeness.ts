/** When two complex doubles are one number, given what is known of their errors. */
import { type Complex, isDefined, modulus } from '../arithmetic/complex.js';

const relativeTolerance = 1e-11;
/** An answer whose own rounding error is larger than this share of the gold's size proves nothing. */
const precision = 1e-9;

/** Too much cancellation to say anything, or no value at all. */
export function isImprecise(z: Complex, size: number): boolean {
  return !isDefined(z) || z.err > precision * (size || 1);
}

/**
 * `u` is the gold's. Equal to 11 digits in each part; or, where cancellation left fewer, within the error of both, which `isImprecise` has bounded.
 * 1/2^98 and -1/2^98 differ, sqrt(2) sqrt(3) - sqrt(6) is 0.
 */
export function isClose(u: Complex, v: Complex): boolean {
  const size = modulus(u);
  const noise = 16 * (u.err + v.err);
  return partClose(u.re, v.re, size, noise) && partClose(u.im, v.im, size, noise);
}

function partClose(a: number, b: number, size: number, noise: number): boolean {
  const difference = Math.abs(a - b);
  if (difference <= relativeTolerance * Math.max(Math.abs(a), Math.abs(b))) return true;
  return difference <= noise && noise <= 16 * precision * (size || 1);
}
