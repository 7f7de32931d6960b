/**
 * pass@k: the chance that at least one of k completions is correct, estimated without bias from c correct ones among n
 * (Chen et al. 2021). Pure.
 */
import { SoarError } from '../errors.js';
import { meanAndDeviation } from './moments.js';

/**
 * 1 - C(n-c, k) / C(n, k), as a product of factors in [0, 1], so that no binomial coefficient is ever formed:
 * C(n-c, k) / C(n, k) = prod_{i = n-c+1}^{n} (1 - k/i).
 * @throws SoarError EVALUATE_K_TOO_LARGE when k > n; EVALUATE_COUNTS when c, n, k are not counts with 0 <= c <= n, k >= 1.
 */
export function passAtK(correct: number, samples: number, k: number): number {
  const counts = [correct, samples, k].every(Number.isInteger);
  if (!counts || correct < 0 || correct > samples || k < 1) {
    throw new SoarError('EVALUATE_COUNTS', `pass@${k} of ${correct} correct among ${samples} means nothing`, {
      remedy: 'give whole numbers with 0 <= correct <= samples and k >= 1',
    });
  }
  if (k > samples) {
    throw tooLarge(k, samples, {
      where: 'evaluate.ks',
      remedy: `raise evaluate.samplesPerProblem to at least ${k}, or leave ${k} out of evaluate.ks`,
    });
  }
  if (samples - correct < k) return 1;
  let none = 1;
  for (let i = samples - correct + 1; i <= samples; i++) none *= 1 - k / i;
  return 1 - none;
}

/** @throws SoarError EVALUATE_K_TOO_LARGE when one of them is more than there are samples. */
export function checkKs(ks: readonly number[], samples: number): void {
  const k = ks.find((one) => one > samples);
  if (k === undefined) return;
  throw tooLarge(k, samples, {
    where: `--k ${ks}`,
    remedy: `raise --samples to at least ${k}, or leave ${k} out of --k`,
  });
}

const tooLarge = (k: number, samples: number, details: { readonly where: string; readonly remedy: string }) =>
  new SoarError('EVALUATE_K_TOO_LARGE', `pass@${k} cannot be estimated from ${samples} samples per problem`, details);

/** pass@k of each problem, [problem]; the mean over looks where a result has several. */
export function passByProblem(
  result: {
    readonly successes: readonly number[];
    readonly samples: number;
    readonly looks?: readonly (readonly number[])[];
  },
  k: number,
): number[] {
  const looks = result.looks ?? [result.successes];
  return result.successes.map(
    (_, p) => looks.reduce((sum, look) => sum + passAtK(look[p] as number, result.samples, k), 0) / looks.length,
  );
}

/** Share of all completions that are correct: pass@1 over problems. */
export function shareCorrect(result: { readonly successes: readonly number[]; readonly samples: number }): number {
  const { successes, samples } = result;
  return successes.reduce((sum, count) => sum + count, 0) / (successes.length * samples);
}

export interface OverProblems {
  readonly mean: number;
  /** Sample variance over the problems (denominator P - 1); 0 for one problem. The mean's own variance is this over P. */
  readonly variance: number;
}

/** pass@k of each problem, and its mean and variance over them; `successes` is c, [problem], each of `samples`. */
export function passAtKOverProblems(successes: readonly number[], samples: number, k: number): OverProblems {
  if (successes.length === 0) {
    throw new SoarError('EVALUATE_COUNTS', 'there are no held-out problems to evaluate on', {
      remedy: 'give at least one held-out problem',
    });
  }
  const { mean, deviation } = meanAndDeviation(successes.map((correct) => passAtK(correct, samples, k)));
  return { mean, variance: deviation ** 2 };
}
