/**
 * How the servers that speak the protocol differ, as far as the difference can be seen from outside. The fake server behaves as its
 * profile says; a test takes a ready-made one, or one with a single field changed.
 *
 * Sources: observations of SkyRL's JAX backend, and the sources of SkyRL, Twinkle and the official client. What nobody has seen is
 * said to be an assumption beside the field.
 */

/** What an optimizer step may say, by the protocol's names. */
export interface AdamSettings {
  readonly learning_rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weight_decay: number;
  readonly grad_clip_norm: number;
}

export interface LossRule {
  /** Of the terms of a datum: their sum, or the sum over the sum of the datum's weights. */
  readonly overTokens: 'sum' | 'mean';
  /** Sum over datums; mean over all since the last step; mean over those of one request, requests summed. */
  readonly overDatums: 'sum' | 'mean-since-step' | 'mean-of-request';
  /** `mask`: a weight that is not zero counts as one. */
  readonly weights: 'factor' | 'mask';
  /** `importance_sampling` is clipped as PPO is, at 1 - c and 1 + c; `epsilon` in the loss's config is another c. */
  readonly importanceClip?: number;
  /** `cross_entropy` is the mean over all tokens of the request that count, whatever else is said. */
  readonly crossEntropyOverRequest?: boolean;
}

export interface ServerProfile {
  readonly name: string;
  readonly loss: LossRule;
  readonly lossFns: readonly string[];
  /**
   * `kept`: a snapshot keeps its weights.
   * `shared-slot`: sampler and training share the live weights; sampling from a snapshot that is not the loaded one loads it over them.
   * `latest`: every session of a model samples what was saved last.
   * `newest`: saving deletes the model's older snapshots; sampling from one of those fails.
   */
  readonly snapshots: 'kept' | 'shared-slot' | 'latest' | 'newest';
  /** Settings of a step that count; all others are as the server was configured. */
  readonly honours: readonly (keyof AdamSettings)[];
  readonly configured: AdamSettings;
  /** A step's answer has the norm of the gradient. */
  readonly saysNorm: boolean;
  readonly stepWithoutGradients: 'steps' | 'fails';
  /** The first step after a weights-only load starts from what was there before the load. */
  readonly weightsOnlyLoadUndone: boolean;
  /** Weight decay of a step shrinks every adapter. */
  readonly decayReachesAll: boolean;
  /** Gradients that were not stepped when a model is unloaded wait for the next model in its slot. */
  readonly gradientsOutliveUnload: boolean;
  /** Of a prompt of N tokens: N entries with null first, N - 1, or none whatever was asked. */
  readonly promptLogprobs: 'leading-null' | 'shorter' | 'none';
  /** The same seed gives the same samples. */
  readonly seededSamples: boolean;
  readonly baseSampling: boolean;
  /** How `retrieve_future` says that a result is not there yet, or failed. */
  readonly futures: 'skyrl' | 'twinkle' | 'hosted';
  /** Seconds that `retrieve_future` waits before it says so. */
  readonly futureWaitSeconds: number;
  /**
   * `ticks`: SkyRL's rounds, passes first. `arrival`: one after the other. `sequence`: by the sequence numbers of each model, a number
   * that has not arrived holds back the later ones.
   */
  readonly order: 'ticks' | 'arrival' | 'sequence';
  /** Requests that are recognised by the model's sequence number when they come again; others are then done again. */
  readonly numbered: readonly ('passes' | 'saves')[];
  /** Beside the base model, which takes a slot of its own on SkyRL's JAX backend. */
  readonly maxAdapters: number;
  readonly maxRank: number;
  /** `one`: the first model's rank binds all later ones. */
  readonly ranks: 'any' | 'one' | 'power-of-two';
  /** Adapters are scaled by alpha / rank. */
  readonly alpha: number;
  /** The seed of `create_model` decides the adapter's first weights. */
  readonly seeded: boolean;
  readonly sessionTimeoutSeconds: number;
  /** A base model that is not served is refused. SkyRL takes the one it has, whatever was asked for. */
  readonly checksBaseModel: boolean;
  /** Unknown fields of a body, and tensors that a loss has no use for, are refused. */
  readonly strictBodies: boolean;
  /** Saving under a name that exists replaces it. */
  readonly overwrites: boolean;
  /** Model ids are `<session>:train:<model_seq_id>`, which must be given, and creating one twice is one model. */
  readonly modelsNumbered: boolean;
  /** `create_model` names the model only in its result. */
  readonly modelNamedLate: boolean;
  /** Results above so many bytes are announced first, where the client allows it; 0: never. */
  readonly metadataAbove: number;
  readonly protobuf: boolean;
  readonly zstd: boolean;
}

const common = {
  saysNorm: true,
  stepWithoutGradients: 'steps',
  weightsOnlyLoadUndone: false,
  decayReachesAll: false,
  gradientsOutliveUnload: false,
  baseSampling: true,
  seededSamples: true,
  alpha: 32,
  order: 'arrival',
  numbered: ['passes'],
  maxRank: 32,
  ranks: 'any',
  seeded: true,
  sessionTimeoutSeconds: 300,
  checksBaseModel: false,
  strictBodies: false,
  overwrites: false,
  modelsNumbered: false,
  modelNamedLate: false,
  metadataAbove: 0,
  protobuf: true,
  zstd: true,
  lossFns: ['cross_entropy', 'importance_sampling', 'ppo', 'cispo'],
  configured: {
    learning_rate: 1e-4,
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-12,
    weight_decay: 0,
    grad_clip_norm: 0,
  },
} satisfies Partial<ServerProfile>;

const sums: LossRule = { overTokens: 'sum', overDatums: 'sum', weights: 'factor' };

export const skyrlJax: ServerProfile = {
  ...common,
  name: 'skyrl-jax',
  loss: { overTokens: 'mean', overDatums: 'mean-since-step', weights: 'factor' },
  snapshots: 'shared-slot',
  honours: ['learning_rate', 'beta1', 'beta2', 'eps', 'weight_decay'],
  decayReachesAll: true,
  gradientsOutliveUnload: true,
  promptLogprobs: 'shorter',
  futures: 'skyrl',
  futureWaitSeconds: 300,
  order: 'ticks',
  // 20 slots, of which the base model takes one.
  maxAdapters: 19,
};

export const skyrlMegatron: ServerProfile = {
  ...common,
  name: 'skyrl-megatron',
  loss: sums,
  snapshots: 'latest',
  honours: ['learning_rate'],
  // Its defaults; whoever starts a server for SOAR sets the last two to 0.
  configured: {
    learning_rate: 1e-4,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weight_decay: 1e-2,
    grad_clip_norm: 1,
  },
  weightsOnlyLoadUndone: true,
  promptLogprobs: 'leading-null',
  baseSampling: false,
  futures: 'skyrl',
  futureWaitSeconds: 300,
  order: 'ticks',
  maxAdapters: 18,
  ranks: 'one',
  seeded: false,
};

/** By its sources alone. */
export const twinkle: ServerProfile = {
  ...common,
  name: 'twinkle',
  // Its GRPO loss: clipped at 0.2, mean over a datum's unmasked tokens, mean over the request's datums.
  loss: {
    overTokens: 'mean',
    overDatums: 'mean-of-request',
    weights: 'mask',
    importanceClip: 0.2,
    crossEntropyOverRequest: true,
  },
  lossFns: ['cross_entropy', 'importance_sampling'],
  snapshots: 'newest',
  honours: ['learning_rate', 'beta1', 'beta2', 'eps', 'weight_decay', 'grad_clip_norm'],
  saysNorm: false,
  stepWithoutGradients: 'fails',
  promptLogprobs: 'none',
  seededSamples: false,
  futures: 'twinkle',
  futureWaitSeconds: 30,
  // Its own protocol has numbers; the routes for Tinker's do not look at them.
  numbered: [],
  // An assumption.
  maxAdapters: 32,
  // What PEFT takes when nobody says.
  alpha: 8,
  seeded: false,
  checksBaseModel: true,
  modelNamedLate: true,
  overwrites: true,
  protobuf: false,
  zstd: false,
};

export const hosted: ServerProfile = {
  ...common,
  name: 'hosted',
  loss: sums,
  snapshots: 'kept',
  honours: ['learning_rate', 'beta1', 'beta2', 'eps', 'weight_decay', 'grad_clip_norm'],
  saysNorm: false,
  promptLogprobs: 'leading-null',
  futures: 'hosted',
  // An assumption: less than the 45 s that the official client waits.
  futureWaitSeconds: 30,
  order: 'sequence',
  numbered: ['passes', 'saves'],
  // Assumptions, both: nobody publishes them.
  maxAdapters: 64,
  maxRank: 128,
  ranks: 'power-of-two',
  checksBaseModel: true,
  strictBodies: true,
  overwrites: true,
  modelsNumbered: true,
  modelNamedLate: true,
  metadataAbove: 1 << 20,
};

export const profiles = { 'skyrl-jax': skyrlJax, 'skyrl-megatron': skyrlMegatron, twinkle, hosted } as const;
