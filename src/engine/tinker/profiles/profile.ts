/**
 * What is known of the servers that speak the protocol, as data: how a loss is normalised, what an optimizer step listens to, what
 * a snapshot is, what loading does. A probe (`../probe`) measures most of it; what it cannot measure is taken from here.
 * Sources: SkyRL's JAX backend as observed; the sources of SkyRL, Twinkle and the official client. Assumptions are marked.
 */
import type { FixedOptimizer } from '../../engine.js';

export const profileNames = ['skyrl-jax', 'skyrl-megatron', 'twinkle', 'hosted'] as const;
export type ProfileName = (typeof profileNames)[number];

/** The loss of a request, from the terms l_t = w_t * ratio_t * A_t of each datum's tokens. */
export interface LossRule {
  /** Of a datum: the sum over l_t, or that sum over the sum of its w_t. */
  readonly overTokens: 'sum' | 'mean';
  /** Of datums: their sum; their mean over all since the last step; the mean of each request, requests summed. */
  readonly overDatums: 'sum' | 'mean-since-step' | 'mean-of-request';
  /** `mask`: any w_t that is not zero is one. */
  readonly weights: 'factor' | 'mask';
  /** Ratios are clipped, as PPO does, although nobody asked. */
  readonly clipsRatios: boolean;
}

export interface TinkerProfile {
  readonly name: ProfileName;
  readonly loss: LossRule;
  /** RL losses take `weights` beside what they need; a strict server refuses them. */
  readonly takesWeights: boolean;
  /** Settings of a step that the server does not listen to. */
  readonly fixedOptimizer: FixedOptimizer;
  /** The base model can be sampled without an adapter. */
  readonly baseSampling: boolean;
  /** Of a prompt of N tokens: N values with none first, N - 1, or none at all. */
  readonly promptLogprobs: 'leading-null' | 'shorter' | 'none';
  /** The same seed gives the same samples. */
  readonly seededSamples: boolean;
  /** A request that comes again under its number is not done again. */
  readonly knowsRepetitions: boolean;
  /** `undone`: the first optimizer step after a load without optimizer starts from the weights before the load. */
  readonly weightsOnlyLoad: 'holds' | 'undone';
  /** `kept`: true snapshots. `latest`: every session gives what was synced last, or only the last works. `live`: sampler and training share one slot. */
  readonly snapshots: 'kept' | 'latest' | 'live';
  /** Gradients without a step outlive their model and reach the next one in its slot. */
  readonly gradientsOutliveModel: boolean;
  /** A step that is there before its gradient was worked out may be made without it: it is sent once the gradient's result is there. */
  readonly stepsOvertake: boolean;
  /** A rank must be a power of two. */
  readonly powerOfTwoRanks: boolean;
}

const sums: LossRule = { overTokens: 'sum', overDatums: 'sum', weights: 'factor', clipsRatios: false };

export const profiles: Readonly<Record<ProfileName, TinkerProfile>> = {
  'skyrl-jax': {
    name: 'skyrl-jax',
    loss: { overTokens: 'mean', overDatums: 'mean-since-step', weights: 'factor', clipsRatios: false },
    takesWeights: true,
    // Weight decay is honoured but reaches every adapter of the server.
    fixedOptimizer: { weightDecay: 0, maxGradNorm: 0 },
    baseSampling: true,
    promptLogprobs: 'shorter',
    seededSamples: true,
    knowsRepetitions: true,
    weightsOnlyLoad: 'holds',
    snapshots: 'live',
    gradientsOutliveModel: true,
    // Its engine looks for passes, then for steps, and does not see what came in between.
    stepsOvertake: true,
    powerOfTwoRanks: false,
  },
  'skyrl-megatron': {
    name: 'skyrl-megatron',
    loss: sums,
    takesWeights: true,
    fixedOptimizer: {
      beta1: 'unknown',
      beta2: 'unknown',
      epsilon: 'unknown',
      weightDecay: 'unknown',
      maxGradNorm: 'unknown',
    },
    baseSampling: false,
    promptLogprobs: 'leading-null',
    seededSamples: true,
    knowsRepetitions: true,
    // NovaSky-AI/SkyRL#2149
    weightsOnlyLoad: 'undone',
    snapshots: 'latest',
    gradientsOutliveModel: false,
    stepsOvertake: true,
    powerOfTwoRanks: false,
  },
  twinkle: {
    name: 'twinkle',
    loss: { overTokens: 'mean', overDatums: 'mean-of-request', weights: 'mask', clipsRatios: true },
    takesWeights: true,
    fixedOptimizer: {},
    baseSampling: true,
    promptLogprobs: 'none',
    seededSamples: false,
    knowsRepetitions: false,
    weightsOnlyLoad: 'holds',
    snapshots: 'latest',
    gradientsOutliveModel: false,
    stepsOvertake: false,
    powerOfTwoRanks: false,
  },
  hosted: {
    name: 'hosted',
    loss: sums,
    takesWeights: false,
    fixedOptimizer: {},
    baseSampling: true,
    promptLogprobs: 'leading-null',
    seededSamples: true,
    knowsRepetitions: true,
    weightsOnlyLoad: 'holds',
    snapshots: 'kept',
    gradientsOutliveModel: false,
    stepsOvertake: false,
    powerOfTwoRanks: true,
  },
};
