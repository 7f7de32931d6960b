/** How a server normalises its loss: gradients of requests that differ in one thing. */
import type { LossRule } from '../profiles/profile.js';
import type { StepFacts } from './measure-profile.js';
import { gradNormOf, plainDescent, type Trial, type Values } from './trial.js';

const first = [1, 1, 0, 0];
const one: Values = { advantages: first };

export interface Normalisation {
  readonly loss: LossRule;
  /** A norm comes with every step. */
  readonly saysNorm: boolean;
}

/** @returns undefined where the server neither says a gradient's norm nor lets steps show it */
export async function measureNormalisation(
  trial: Trial,
  own: readonly number[],
  { honoursEpsilon, rate }: Pick<StepFacts, 'honoursEpsilon' | 'rate'>,
): Promise<Normalisation | undefined> {
  const still = { ...plainDescent(0), learningRate: 0 };
  const norm = gradNormOf(await trial.step([[one]], own, still));
  const saysNorm = norm !== undefined;
  if (!saysNorm && !honoursEpsilon) return undefined;
  const size = saysNorm ? bySaidNorm(trial, own) : await byDescent(trial, rate);
  const plain = norm ?? (await size([[one]]));
  const times = async (...requests: (readonly Values[])[]) => (await size(requests)) / plain;

  const half = trial.takesWeights ? await times([{ advantages: first, weights: first }]) : 1;
  const twice = await times([one, one]);
  const apart = await times([one], [one]);
  const heavy = trial.takesWeights ? await times([{ advantages: first, weights: [2, 2, 2, 2] }]) : 2;
  // The ratio is 2 everywhere: with one that is clipped nothing is left.
  const bold = await times([{ advantages: first, shift: -Math.LN2 }]);
  const overTokens = half > 1.5 ? 'mean' : 'sum';
  const overDatums = twice > 1.5 ? 'sum' : apart > 1.5 ? 'mean-of-request' : 'mean-since-step';
  const weights = overTokens === 'sum' && heavy < 1.5 ? 'mask' : 'factor';
  return { loss: { overTokens, overDatums, weights, clipsRatios: bold < 0.5 }, saysNorm };
}

type Size = (requests: readonly (readonly Values[])[]) => Promise<number>;

function bySaidNorm(trial: Trial, own: readonly number[]): Size {
  return async (requests) =>
    gradNormOf(await trial.step(requests, own, { ...plainDescent(0), learningRate: 0 })) ?? Number.NaN;
}

/** Small plain descents: sum A_t * log pi_t rises by rate * |g|^2 of the common direction. */
async function byDescent(trial: Trial, seen: number): Promise<Size> {
  let rate = seen;
  const rise: Size = async (requests) => {
    const before = await trial.logprobs();
    await trial.step(requests, before, plainDescent(rate));
    const after = await trial.logprobs();
    return first.reduce((sum, advantage, t) => sum + advantage * ((after[t] as number) - (before[t] as number)), 0);
  };
  // Until a step can be told from rounding.
  while (rate < 1e4 && (await rise([[one]])) < 0.02) rate *= 4;
  return rise;
}
