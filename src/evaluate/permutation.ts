/**
 * Could two arms differ by so much if the arm made no difference? A seed's student is one independent outcome, so whole seeds
 * are exchanged between the arms; the held-out problems stay as they are. Only for arms whose seeds are students of their
 * own: seeds that only sample one student anew say nothing about others like it. Pure.
 */
import { SoarError } from '../errors.js';
import { randomStream } from '../rl/random.js';

export interface PermutationTest {
  /** Two-sided. */
  readonly p: number;
  /** Every exchange was looked at, rather than a sample of them. */
  readonly exact: boolean;
}

/** Sums that differ by rounding alone count as equal. */
const rounding = 1e-12;

/**
 * From the mean of each seed of either arm. Exact while there are at most `most` ways to divide the seeds; else `most` random
 * divisions, the observed one counted among them (Phipson & Smyth 2010). `seed` names the random stream.
 * @throws SoarError EVALUATE_COUNTS when an arm has no seed.
 */
export function permutationTest(
  one: readonly number[],
  other: readonly number[],
  seed: string,
  most = 20_000,
): PermutationTest {
  if (one.length === 0 || other.length === 0) {
    throw new SoarError('EVALUATE_COUNTS', 'a permutation test needs seeds of both arms', {
      remedy: 'run at least one seed of each arm',
    });
  }
  const pool = [...one, ...other];
  const total = pool.reduce((a, b) => a + b, 0);
  const distance = (sumOfOne: number) => Math.abs(sumOfOne / one.length - (total - sumOfOne) / other.length);
  const observed = distance(one.reduce((a, b) => a + b, 0)) - rounding;

  if (divisions(pool.length, one.length) <= most) {
    let extreme = 0;
    let all = 0;
    forEachSum(pool, one.length, (sum) => {
      all += 1;
      if (distance(sum) >= observed) extreme += 1;
    });
    return { p: extreme / all, exact: true };
  }
  const stream = randomStream(seed);
  let extreme = 1;
  for (let i = 1; i < most; i++) {
    let sum = 0;
    for (const value of stream.shuffle(pool).slice(0, one.length)) sum += value;
    if (distance(sum) >= observed) extreme += 1;
  }
  return { p: extreme / most, exact: false };
}

/** The binomial coefficient; Infinity where it is large. */
function divisions(seeds: number, taken: number): number {
  let count = 1;
  for (let i = 1; i <= taken; i++) count *= (seeds - taken + i) / i;
  return Math.round(count);
}

/** The sum of every subset of `size`. */
function forEachSum(values: readonly number[], size: number, visit: (sum: number) => void, from = 0, sum = 0): void {
  if (size === 0) {
    visit(sum);
    return;
  }
  for (let i = from; i <= values.length - size; i++) forEachSum(values, size - 1, visit, i + 1, sum + values[i]);
}
