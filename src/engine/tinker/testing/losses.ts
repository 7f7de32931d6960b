/**
 * The protocol's loss functions in the terms of the engine seam. Each is a sum over positions of a weight, an importance ratio and an
 * advantage; what clips or stops gradients is brought into the form coefficient * log pi, which has the same gradient at the policy
 * that the pass saw. Pure.
 */
import type { Sequence, TrainingSequence } from '../../engine.js';
import type { Datum } from '../wire/training.js';
import type { LossRule } from './profile.js';
import { OperationFailed } from './refusal.js';

/** A datum after its pass, waiting for the step. Arrays are [positions]: position t predicts token t + 1. */
export interface WaitingDatum {
  readonly sequence: Sequence;
  readonly objective: 'policy-gradient' | 'log-likelihood';
  /** w_t * A_t, before `factor`. */
  readonly gains: Float64Array;
  readonly samplerLogprobs?: Float32Array;
  /** d(objective)/d(log pi_t) at the pass. */
  readonly slopes: Float64Array;
  /** The rule's normalisation, without that over datums since the last step. */
  readonly factor: number;
}

/** The whole text of a datum as a sequence of which everything but the first token is scored. @throws OperationFailed */
export function sequenceOf({ tokens, inputs }: Datum): Sequence {
  const targets = inputs.target_tokens?.data;
  if (!targets) throw new OperationFailed('target_tokens is missing');
  const { length } = tokens;
  if (length === 0) throw new OperationFailed('a datum has no tokens');
  for (const [name, { data }] of Object.entries(inputs)) {
    if (data.length !== length) throw new OperationFailed(`${name} has ${data.length} values for ${length} tokens`);
  }
  // Real servers would train on whatever stands there: here it can only be a mistake of the client.
  const strange = targets.findIndex((target, t) => t + 1 < length && target !== tokens[t + 1]);
  if (strange >= 0) throw new OperationFailed(`target_tokens[${strange}] is not the token that follows`);
  return { tokens: Int32Array.from([...tokens, targets[length - 1]!]), promptLength: 1 };
}

export interface Loss {
  readonly fn: string;
  readonly config: Readonly<Record<string, number>>;
  readonly rule: LossRule;
  /** In the request: datums, and tokens that count. */
  readonly datums: number;
  readonly tokens: number;
}

interface Term {
  readonly loss: number;
  readonly slope: number;
}

/** @param logprobs [positions] at the pass */
export function lossOf(datum: Datum, logprobs: Float32Array, how: Loss): WaitingDatum & { losses: Float32Array } {
  const { rule } = how;
  const clip = rule.importanceClip === undefined ? undefined : (how.config.epsilon ?? rule.importanceClip);
  const fn = how.fn === 'importance_sampling' && clip !== undefined ? 'ppo' : how.fn;
  const { clip_low_threshold: low = 1 - (clip ?? 0.2), clip_high_threshold: high = 1 + (clip ?? 0.2) } = how.config;
  const { logprobs: sampler, advantages } = datum.inputs;
  const weights = weightsIn(datum, rule);
  const gains = Float64Array.from(weights, (weight, t) => weight * (fn === 'cross_entropy' ? 1 : at(advantages, t)));
  const terms = Array.from(gains, (gain, t): Term => {
    if (gain === 0) return { loss: 0, slope: 0 };
    const logp = logprobs[t]!;
    if (fn === 'cross_entropy') return { loss: -gain * logp, slope: gain };
    const ratio = Math.exp(logp - at(sampler, t));
    const held = Math.min(Math.max(ratio, low), high);
    if (fn === 'importance_sampling') return { loss: -gain * ratio, slope: gain * ratio };
    if (fn === 'cispo') return { loss: -gain * held * logp, slope: gain * held };
    // PPO: the smaller of the two; the clipped one has no gradient.
    return ratio * gain <= held * gain
      ? { loss: -gain * ratio, slope: gain * ratio }
      : { loss: -gain * held, slope: 0 };
  });
  const exact = fn === 'importance_sampling' || fn === 'cross_entropy';
  const slopes = Float64Array.from(terms, ({ slope }) => slope);
  return {
    sequence: sequenceOf(datum),
    objective: fn === 'importance_sampling' ? 'policy-gradient' : 'log-likelihood',
    gains: exact ? gains : slopes,
    ...(fn === 'importance_sampling' && { samplerLogprobs: Float32Array.from(weights, (_, t) => at(sampler, t)) }),
    slopes,
    factor: factorOf(weights, how),
    losses: Float32Array.from(terms, ({ loss }) => loss),
  };
}

const at = (tensor: Datum['inputs'][string] | undefined, t: number): number => {
  if (!tensor) throw new OperationFailed('logprobs and advantages are needed');
  return tensor.data[t]!;
};

/** Without weights all count, the prompt too; where weights are a mask, all but padding. */
function weightsIn({ inputs }: Datum, rule: LossRule): Float64Array {
  const targets = inputs.target_tokens!.data;
  if (rule.weights === 'factor') return Float64Array.from(inputs.weights?.data ?? targets.map(() => 1));
  return Float64Array.from(inputs.weights?.data ?? targets, (value) => (value === 0 ? 0 : 1));
}

/** Over all datums. */
export const countedTokens = (data: readonly Datum[], rule: LossRule): number =>
  data.reduce((sum, datum) => sum + weightsIn(datum, rule).filter((weight) => weight !== 0).length, 0);

function factorOf(weights: Float64Array, { fn, rule, datums, tokens }: Loss): number {
  if (fn === 'cross_entropy' && rule.crossEntropyOverRequest) return 1 / Math.max(1, tokens);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Sums of factors that are near zero or negative explode there as they do on the real server.
  const overTokens = rule.overTokens === 'sum' ? 1 : Math.max(total, rule.weights === 'mask' ? 1 : 1e-8);
  return 1 / (overTokens * (rule.overDatums === 'mean-of-request' ? datums : 1));
}

/**
 * What waits, as one batch of the seam; what has no gradient is left out. Where losses were mixed, importance sampling takes its
 * slopes at the pass as well.
 */
export function batchOf(waiting: readonly WaitingDatum[], rule: LossRule) {
  const mixed = new Set(waiting.map(({ objective }) => objective)).size > 1;
  const objective = mixed ? 'log-likelihood' : (waiting[0]?.objective ?? 'log-likelihood');
  const share = rule.overDatums === 'mean-since-step' ? 1 / waiting.length : 1;
  const sequences = waiting.flatMap((one): TrainingSequence[] => {
    const values = mixed ? one.slopes : one.gains;
    const first = values.findIndex((value) => value !== 0);
    if (first < 0) return [];
    const gains = values.slice(first);
    return [
      {
        tokens: one.sequence.tokens,
        promptLength: first + 1,
        advantage: gains.every((gain) => gain === gains[0]) ? gains[0]! : Float32Array.from(gains),
        weight: one.factor * share,
        ...(objective === 'policy-gradient' && { samplerLogprobs: one.samplerLogprobs!.slice(first) }),
      },
    ];
  });
  return { objective, sequences } as const;
}
