/**
 * The seam's objective (`TrainingBatch`) as a request to a server, so that the same batch gives the same gradient everywhere. Pure.
 *
 * With c_t = w_t * A_t, a server that sums gets the advantages c_t. One that takes means gets c_t * W * N: W the sum of the datum's
 * weights (ones over the completion), N the datums that it averages over. Sequences without gradient are not sent at all, and are not
 * counted in N.
 *
 * Three ways to ask:
 * - `ratio`: importance_sampling with the sampler's log-probabilities; gradient c_t * ratio_t. One pass.
 * - `likelihood`: cross_entropy with weights c_t, where they are factors of a plain sum.
 * - `slopes`: everything else. The policy's own log-probabilities are asked for first; with them as the sampler's every ratio is 1,
 *   and the advantage is the slope -d(L)/d(log pi_t), whatever L is made of. Exact for one optimizer step, and no clipping bites.
 */
import { SoarError } from '../../../errors.js';
import type { TrainingBatch, TrainingSequence } from '../../engine.js';
import { type ChunkLimits, chunksOf } from '../client/chunks.js';
import type { Datum } from '../wire/training.js';
import type { TinkerProfile } from './profile.js';

/** A sequence that has a gradient; arrays are [completion token]. */
export interface TrainedSequence {
  readonly sequence: TrainingSequence;
  /** w_t * A_t */
  readonly gains: Float64Array;
}

export interface UpdatePlan {
  readonly way: 'ratio' | 'likelihood' | 'slopes';
  readonly trained: readonly TrainedSequence[];
  /** Completion tokens of the sequences without gradient. */
  readonly tokensSkipped: number;
}

/** Sampled tokens less probable than e^-60 could overflow a ratio in single precision: their ratios are looked at first. */
const boldest = 60;

/** @throws SoarError ENGINE_NOT_FINITE */
export function planUpdate(batch: TrainingBatch, profile: TinkerProfile): UpdatePlan {
  const beta = batch.klCoefficient ?? 0;
  const trained: TrainedSequence[] = [];
  let tokensSkipped = 0;
  let bold = false;
  for (const sequence of batch.sequences) {
    const length = sequence.tokens.length - sequence.promptLength;
    const gains = new Float64Array(length);
    let pulled = false;
    for (let t = 0; t < length; t++) {
      const weight = at(sequence.weight, t);
      const gain = weight * at(sequence.advantage, t);
      if (!Number.isFinite(gain)) throw notFinite('an advantage or weight is not a number');
      gains[t] = gain;
      pulled ||= gain !== 0 || beta * weight !== 0;
    }
    if (!pulled) {
      tokensSkipped += length;
      continue;
    }
    trained.push({ sequence, gains });
    bold ||= sequence.samplerLogprobs?.some((logp) => !(logp > -boldest)) ?? false;
  }
  const { objective } = batch;
  const sums = profile.loss.overTokens === 'sum' && profile.loss.weights === 'factor';
  const plain = beta === 0 && (objective === 'policy-gradient' ? !profile.loss.clipsRatios && !bold : sums);
  const way = !plain ? 'slopes' : objective === 'policy-gradient' ? 'ratio' : 'likelihood';
  return { way, trained, tokensSkipped };
}

/** What each token pulls with: -d(L)/d(log pi_t). @throws SoarError ENGINE_NOT_FINITE */
export function slopesOf(
  { sequence, gains }: TrainedSequence,
  { objective, klCoefficient: beta = 0 }: TrainingBatch,
  logprobs: Float32Array,
): Float64Array {
  return gains.map((gain, t) => {
    const logp = logprobs[t] as number;
    const ratio = objective === 'log-likelihood' || gain === 0 ? 1 : Math.exp(logp - at(sequence.samplerLogprobs, t));
    // d(k3)/d(log pi) = 1 - exp(logref - logpi)
    const pull =
      beta === 0 ? 0 : beta * at(sequence.weight, t) * (1 - Math.exp(at(sequence.referenceLogprobs, t) - logp));
    const slope = gain * ratio - pull;
    // In single precision, as it is sent.
    if (!Number.isFinite(Math.fround(slope))) throw notFinite(`an importance ratio is ${ratio}`);
    return slope;
  });
}

export interface LossRequest {
  readonly lossFn: 'importance_sampling' | 'cross_entropy';
  readonly data: readonly Datum[];
}

/**
 * @param limits by which the client cuts a request in parts, each of which a server may average on its own
 * @param logprobs [trained sequence][completion token], of the policy; only `slopes` needs them
 * @throws SoarError ENGINE_NOT_FINITE
 */
export function lossRequest(
  batch: TrainingBatch,
  { way, trained }: UpdatePlan,
  profile: TinkerProfile,
  limits: ChunkLimits,
  logprobs: readonly Float32Array[] = [],
): LossRequest {
  if (trained.length === 0) return { lossFn: 'importance_sampling', data: [idleDatum(batch, profile)] };
  if (way === 'likelihood') {
    return { lossFn: 'cross_entropy', data: trained.map(({ sequence, gains }) => datum(sequence, { weights: gains })) };
  }
  const data = trained.map((one, i) => {
    const own = way === 'slopes' ? logprobs[i] : undefined;
    return datum(one.sequence, {
      logprobs: own ?? (one.sequence.samplerLogprobs as Float32Array),
      advantages: own ? slopesOf(one, batch, own) : one.gains,
      ...(profile.takesWeights && { weights: one.gains.map(() => 1) }),
    });
  });
  const { loss } = profile;
  const requests = loss.overDatums === 'mean-of-request' ? chunksOf(data, limits) : [data];
  for (const request of requests) {
    const overDatums = loss.overDatums === 'sum' ? 1 : request.length;
    for (const { inputs } of request) {
      const advantages = inputs.advantages?.data as Float32Array;
      // Without weights all tokens count, the prompt's too.
      const weight =
        (inputs.weights?.data as Float32Array | undefined)?.reduce((a, b) => a + b, 0) ?? advantages.length;
      const overTokens = loss.overTokens === 'sum' ? 1 : weight;
      for (let t = 0; t < advantages.length; t++) advantages[t] = (advantages[t] as number) * overTokens * overDatums;
    }
  }
  return { lossFn: 'importance_sampling', data };
}

/** Pulls on nothing: some servers refuse a step without a pass before it. */
function idleDatum({ sequences }: TrainingBatch, profile: TinkerProfile): Datum {
  const [first] = sequences;
  const tokens = first && first.tokens.length > 1 ? first.tokens : Int32Array.of(0, 0);
  const promptLength = Math.min(first?.promptLength ?? 1, tokens.length - 1);
  const zeros = new Float32Array(tokens.length - promptLength);
  return datum(
    { tokens, promptLength },
    { logprobs: zeros, advantages: zeros, ...(profile.takesWeights && { weights: zeros.map(() => 1) }) },
  );
}

/** Inputs are [completion token] and get zeros over the prompt. */
export function datum(
  { tokens, promptLength }: Pick<TrainingSequence, 'tokens' | 'promptLength'>,
  inputs: Readonly<Record<string, Float32Array | Float64Array>>,
): Datum {
  const length = tokens.length - 1;
  const padded = (values: ArrayLike<number>) => {
    const data = new Float32Array(length);
    data.set(values, promptLength - 1);
    return { dtype: 'float32', data, shape: [length] } as const;
  };
  return {
    tokens: tokens.slice(0, length),
    inputs: {
      target_tokens: { dtype: 'int64', data: tokens.slice(1), shape: [length] },
      ...Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, padded(values)])),
    },
  };
}

function at(value: number | Float32Array | undefined, t: number): number {
  return typeof value === 'number' ? value : (value?.[t] as number);
}

const notFinite = (what: string) =>
  new SoarError('ENGINE_NOT_FINITE', `the update would not be finite: ${what}`, {
    remedy: 'check rewards and log-probabilities; the policy is as it was before this update',
  });
