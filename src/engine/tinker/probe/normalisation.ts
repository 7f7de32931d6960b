/**
 * How a server normalises its loss, and whether its steps are made as asked: from the norms of gradients where it says them, else from
 * small plain descents.
 */
import type { LossRule } from '../profiles/profile.js';
import {
  type Experiment,
  type Finding,
  fitting,
  gentle,
  idles,
  lossRules,
  one,
  type Probe,
  questions,
  sizeOf,
  telling,
} from './loss-rules.js';
import { apart, bySign, gradNormOf, noticeable, plainDescent, rise, still, type Trial } from './trial.js';

export interface Sized {
  /** A norm comes with every step. */
  readonly saysNorm: boolean;
  /** A step is made with the epsilon that it asks for. */
  readonly honoursEpsilon: boolean;
  readonly reference: Finding;
  readonly finding: { readonly experiment: Experiment; readonly rate: number; readonly size?: number };
  /** log pi of the four tokens before the last step. */
  readonly own: readonly number[];
}

/** A rise that is more than rounding, and one that still grows with the step. */
const least = 3 * noticeable;
export const most = 5 * least;

/**
 * The two gradients that tell most rules apart. A server that takes no `weights` is found out by the first request.
 * @param start log pi of the trial's four tokens
 * @returns undefined where the server neither says a norm nor lets steps show it
 */
export async function sizeGradients(
  trial: Trial,
  start: readonly number[],
  refused: (error: unknown) => boolean,
): Promise<Sized | undefined> {
  try {
    await trial.pass([one], start);
  } catch (error) {
    if (!refused(error)) throw error;
    trial.takesWeights = false;
    await trial.pass([one], start);
  }
  const norm = gradNormOf(await trial.model.optimStep(bySign));
  return norm === undefined ? byDescent(trial, start) : bySaidNorm(trial, start, norm);
}

async function bySaidNorm(trial: Trial, start: readonly number[], norm: number): Promise<Sized> {
  const own = await trial.pass(idles, start);
  const honoursEpsilon = apart(start, own) < noticeable;
  const sized = async (request: readonly Probe[]) => {
    await trial.pass(request, own);
    return gradNormOf(await trial.model.optimStep(still)) ?? Number.NaN;
  };
  if (honoursEpsilon) {
    const finding = { experiment: [idles, telling], rate: 0, size: await sized(telling) };
    return { saysNorm: true, honoursEpsilon, reference: { experiment: [[one]], size: norm }, finding, own };
  }
  // The step has moved the weights: what it was compared with is another gradient now.
  const reference = { experiment: [idles, [one]], size: await sized([one]) };
  const finding = { experiment: [telling], rate: 0, size: await sized(telling) };
  return { saysNorm: true, honoursEpsilon, reference, finding, own };
}

async function byDescent(trial: Trial, start: readonly number[]): Promise<Sized | undefined> {
  let before = await trial.pass([one], start);
  // Neither norms nor steps as asked: nothing would show a size.
  if (apart(start, before) > noticeable) return undefined;
  let rate = trial.takesWeights ? firstRates.means : firstRates.sums;
  for (let tries = 0; tries < mostTries; tries++) {
    await trial.model.optimStep(plainDescent(rate));
    const own = await trial.pass(idles, before);
    const risen = rise(before, own);
    if (risen >= least && risen <= most) {
      const reference = { experiment: [[one]], size: risen / rate };
      const next = ((2.5 * least) / risen) * rate * (trial.takesWeights ? 1 : 1 / 9);
      await trial.pass(gentle, own);
      await trial.model.optimStep(plainDescent(next));
      const finding = { experiment: [idles, gentle], rate: next };
      return { saysNorm: false, honoursEpsilon: true, reference, finding, own };
    }
    rate *= Number.isFinite(risen) ? Math.min(64, Math.max(1 / 64, (2 * least) / Math.max(risen, 1e-9))) : 1 / 64;
    await trial.model.optimStep(still);
    before = await trial.pass([one], own);
  }
  return undefined;
}

/** Good guesses; corrected where they are not. Servers that are strict about `weights` have been those that sum. */
const firstRates = { sums: 3e-4, means: 0.02 };
const mostTries = 8;

/**
 * The rule, asked for with further experiments as long as several fit.
 * @param now log pi of the four tokens; where steps show sizes, after `idles` were passed
 * @returns undefined where none fits, or several to the end
 */
export async function ruleOf(
  trial: Trial,
  { saysNorm, reference, finding }: Sized,
  now: readonly number[],
): Promise<LossRule | undefined> {
  const { takesWeights } = trial;
  const how = { takesWeights, tolerance: saysNorm ? 1.15 : 1.28 };
  /** In the reference's size. */
  const quotient = (rule: LossRule, experiment: Experiment) =>
    sizeOf(rule, experiment, takesWeights) / sizeOf(rule, reference.experiment, takesWeights);
  let rules = takesWeights ? lossRules : lossRules.filter(({ weights }) => weights === 'factor');
  let own = now;
  if (finding.size !== undefined) {
    rules = fitting(rules, reference, { experiment: finding.experiment, size: finding.size }, how);
  }
  for (const question of questions) {
    if (rules.length < 2) break;
    const experiment: Experiment = saysNorm ? [question] : [idles, question];
    const expected = rules.map((rule) => quotient(rule, experiment));
    const largest = Math.max(...expected);
    if (largest < how.tolerance ** 2 * Math.min(...expected)) continue;
    await trial.pass(question, own);
    let size: number;
    if (saysNorm) size = gradNormOf(await trial.model.optimStep(still)) ?? Number.NaN;
    else {
      const rate = most / (reference.size * largest);
      await trial.model.optimStep(plainDescent(rate));
      const after = await trial.pass(idles, own);
      size = rise(own, after) / rate;
      own = after;
    }
    rules = fitting(rules, reference, { experiment, size }, how);
  }
  return rules.length === 1 ? rules[0] : undefined;
}
