/** How many seeds would tell a difference. Pure. */
import { normalQuantile } from './moments.js';

/**
 * Seeds per arm for a two-sided test at level `level` that finds a true `difference` between two arms with probability
 * `power`, when seeds scatter with the given standard deviations: n = (z_level + z_power)^2 (s1^2 + s2^2) / d^2 + z_level^2 / 4,
 * the last term for the deviations being estimated (Guenther 1981). At least 2; Infinity for no difference.
 */
export function seedsToTell(
  difference: number,
  deviations: readonly [one: number, other: number],
  { level = 0.05, power = 0.8 } = {},
): number {
  if (difference === 0) return Number.POSITIVE_INFINITY;
  const z = normalQuantile(1 - level / 2);
  const scatter = deviations[0] ** 2 + deviations[1] ** 2;
  return Math.max(2, Math.ceil(((z + normalQuantile(power)) ** 2 * scatter) / difference ** 2 + z ** 2 / 4));
}
