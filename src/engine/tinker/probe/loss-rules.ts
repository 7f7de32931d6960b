/**
 * All rules by which a server could normalise a loss, and the gradient that each would give to a handful of datums: what was measured
 * is held against all of them, and one must fit alone. Pure.
 */
import type { LossRule } from '../profiles/profile.js';

/** A datum whose gradient is a multiple of one and the same direction: its first two tokens are pulled. */
export interface Probe {
  readonly advantage: number;
  /** Of every token; not sent where RL losses take none. */
  readonly weight?: number;
  /** The importance ratio of every token; above 1 the advantage must be, for clipping to show. */
  readonly ratio?: number;
  /** It ends after the two tokens, in place of two later. */
  readonly short?: boolean;
}

/** Requests between two steps. */
export type Experiment = readonly (readonly Probe[])[];

/** Tokens that are pulled. */
export const pulled = 2;

export const lossRules: readonly LossRule[] = (['sum', 'mean'] as const).flatMap((overTokens) =>
  (['sum', 'mean-since-step', 'mean-of-request'] as const).flatMap((overDatums) =>
    // Under a mean over tokens a common factor of the weights does not show, and does not matter.
    (overTokens === 'sum' ? (['factor', 'mask'] as const) : (['factor'] as const)).flatMap((weights) =>
      [false, true].map((clipsRatios) => ({ overTokens, overDatums, weights, clipsRatios })),
    ),
  ),
);

/** The length of the gradient, in that of one datum's two tokens, unweighted. */
export function sizeOf(rule: LossRule, experiment: Experiment, takesWeights: boolean): number {
  const all = experiment.reduce((sum, { length }) => sum + length, 0);
  const datums = (request: readonly Probe[]) =>
    rule.overDatums === 'sum' ? 1 : rule.overDatums === 'mean-of-request' ? request.length : all;
  let size = 0;
  for (const request of experiment) {
    for (const { advantage, weight = 1, ratio = 1, short = false } of request) {
      if (rule.clipsRatios && ratio > 1.5) continue;
      const factor = takesWeights && rule.weights === 'factor' ? weight : 1;
      const length = short ? pulled : pulled + 2;
      // Without weights all tokens count, the one of the prompt that is predicted too.
      const tokens = takesWeights ? length * factor : length + 1;
      size += (advantage * ratio * factor) / (rule.overTokens === 'sum' ? 1 : tokens) / datums(request);
    }
  }
  return size;
}

export interface Finding {
  readonly experiment: Experiment;
  /** In any unit, the reference's too. */
  readonly size: number;
}

/** Those rules under which the quotient of both findings is what was found, but for a factor of `tolerance` either way. */
export function fitting(
  rules: readonly LossRule[],
  reference: Finding,
  finding: Finding,
  { takesWeights, tolerance }: { readonly takesWeights: boolean; readonly tolerance: number },
): LossRule[] {
  const found = Math.log(finding.size / reference.size);
  return rules.filter((rule) => {
    const expected = sizeOf(rule, finding.experiment, takesWeights) / sizeOf(rule, reference.experiment, takesWeights);
    return Math.abs(found - Math.log(expected)) < Math.log(tolerance);
  });
}

export const one: Probe = { advantage: 1 };
export const idle: Probe = { advantage: 0 };
export const idles: readonly Probe[] = [idle, idle, idle];

/**
 * With three idle datums before it and one plain datum to compare with, any two rules differ by a factor of 1.4 or more; so does it
 * where the idle ones are with the plain one, for the kinds that are known. It takes a gradient's norm: sizes are far from each other.
 */
export const telling: readonly Probe[] = [
  { advantage: 1, weight: 4, short: true },
  { advantage: 8, weight: 4, ratio: 8, short: true },
  ...Array<Probe>(5).fill(idle),
];

/** The same in sizes that small steps can show: each known kind is apart from all other rules by a factor of 1.6 or more. */
export const gentle: readonly Probe[] = [
  { advantage: 1, short: true },
  { advantage: 4, ratio: 2, short: true },
  idle,
  idle,
];

/** One question each, where several rules fit what was found: over datums, over tokens, clipping, weights. */
export const questions: readonly (readonly Probe[])[] = [
  [one, one, one],
  [{ advantage: 2, short: true }, idle],
  [{ advantage: 1, ratio: 3 }, { advantage: 0.5 }],
  [{ advantage: 1, weight: 3 }],
];
