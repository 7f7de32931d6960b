/**
 * Confidence intervals for what an arm achieves. Two things vary: which held-out problems there are, and how a seed's
 * student turned out. The bootstrap resamples both, whole problems and whole seeds, crossed (the pigeonhole bootstrap,
 * Owen 2007): a problem's completions and a seed's problems hang together and are never resampled alone. Pure.
 */
import { randomStream } from '../rl/random.js';
import { normalQuantile, quantile } from './moments.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapSettings {
  readonly resamples: number;
  readonly confidence: number;
}

/** Outcomes in [0, 1], [seed][problem]; each seed has the same problems in the same order. */
export type Outcomes = readonly (readonly number[])[];

/** Percentile interval of the mean over seeds and problems. `seed` names the random stream. */
export function bootstrapMean(outcomes: Outcomes, settings: BootstrapSettings, seed: string): Interval {
  const stream = randomStream(seed);
  const draw = () => resampledMean(outcomes, draws(outcomes[0].length, stream), draws(outcomes.length, stream));
  return percentiles(draw, settings);
}

/**
 * The mean of outcomes in [0, 1], [problem], with its interval: a bootstrap over problems; where every one is 0 or 1 there is
 * nothing to resample that Wilson's does not say better.
 */
export function meanOverProblems(
  outcomes: readonly number[],
  settings: BootstrapSettings,
  seed: string,
): Interval & { readonly mean: number } {
  const mean = outcomes.reduce((sum, outcome) => sum + outcome, 0) / outcomes.length;
  const certain = outcomes.every((outcome) => outcome === 0 || outcome === 1);
  const interval = certain
    ? wilson(Math.round(mean * outcomes.length), outcomes.length, settings.confidence)
    : bootstrapMean([outcomes], settings, seed);
  return { mean, ...interval };
}

/**
 * Percentile interval of mean(outcomes) - mean(reference). Paired by problem: both arms are seen on the same resampled
 * problems. Their seeds are independent students, so each arm's are resampled by themselves.
 */
export function bootstrapDifference(
  outcomes: Outcomes,
  reference: Outcomes,
  settings: BootstrapSettings,
  seed: string,
): Interval {
  const stream = randomStream(seed);
  const draw = () => {
    const problems = draws(outcomes[0].length, stream);
    const one = resampledMean(outcomes, problems, draws(outcomes.length, stream));
    return one - resampledMean(reference, problems, draws(reference.length, stream));
  };
  return percentiles(draw, settings);
}

/** Wilson's score interval of a share (Wilson 1927). */
export function wilson(successes: number, trials: number, confidence: number): Interval {
  const z = normalQuantile((1 + confidence) / 2);
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/**
 * The interval of a difference from the intervals of its two terms, taken as independent (Newcombe 1998, method 10; in general
 * Zou & Donner 2008).
 */
export function combinedDifference(
  one: Interval & { readonly mean: number },
  other: Interval & { readonly mean: number },
): Interval {
  const difference = one.mean - other.mean;
  return {
    low: difference - Math.hypot(one.mean - one.low, other.high - other.mean),
    high: difference + Math.hypot(one.high - one.mean, other.mean - other.low),
  };
}

/** How often each of `size` is drawn in `size` draws with replacement. */
function draws(size: number, stream: { integer(bound: number): number }): Uint32Array {
  const counts = new Uint32Array(size);
  for (let i = 0; i < size; i++) counts[stream.integer(size)] += 1;
  return counts;
}

function resampledMean(outcomes: Outcomes, problems: Uint32Array, seeds: Uint32Array): number {
  let sum = 0;
  outcomes.forEach((row, s) => {
    if (seeds[s] === 0) return;
    let ofSeed = 0;
    for (let p = 0; p < row.length; p++) ofSeed += problems[p] * row[p];
    sum += seeds[s] * ofSeed;
  });
  return sum / (outcomes.length * problems.length);
}

function percentiles(draw: () => number, { resamples, confidence }: BootstrapSettings): Interval {
  const values = Float64Array.from({ length: resamples }, draw).sort();
  return { low: quantile(values, (1 - confidence) / 2), high: quantile(values, (1 + confidence) / 2) };
}
