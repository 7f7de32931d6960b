/**
 * The engine seam: everything the method needs of a language model, and nothing about how it is computed.
 *
 * Contract, shared by every engine and proven by `engine/conformance`:
 * - Tokens are integer ids of the policy's own tokenizer. An engine never sees text, except the stop strings.
 * - Log-probabilities are natural logs under the policy at temperature 1, whatever temperature was sampled with.
 * - `update` makes exactly one optimizer step on the gradient of the stated objective (see `TrainingBatch`).
 * - Operations on one policy are applied in the order they were called. Operations on different policies may run side by side.
 * - Same seed, same calls on a policy, same engine settings: the same bytes, whatever the number of workers (`seededSampling`).
 * - An engine knows nothing of SOAR. It refuses what it cannot do with a coded error; it never silently does less.
 */

import type { Tokenizer } from '../checkpoints/tokenizer.js';

export type Tokens = Int32Array;

/** What to open: a model folder in Hugging Face form (config.json, tokenizer.json, *.safetensors). */
export interface ModelRef {
  readonly folder: string;
}

export interface Capabilities {
  /** The KL loss term against reference log-probabilities (`TrainingBatch.klCoefficient`). */
  readonly klLoss: boolean;
  /** `save` and `load` carry weights and optimizer exactly. */
  readonly snapshots: boolean;
  readonly fullFineTuning: boolean;
  readonly topP: boolean;
  readonly topK: boolean;
  readonly stopStrings: boolean;
  /** Most policies alive at once; Infinity where only memory limits. */
  readonly maxPolicies: number;
  /** A fork of a trained policy, and one that weights were loaded into, can be trained on. */
  readonly trainableForks: boolean;
  /** Settings of an optimizer step that the engine cannot choose. */
  readonly fixedOptimizer: FixedOptimizer;
  /** `PolicyState.arrays.weights` holds what is trained; else a state only names what is kept elsewhere. */
  readonly readableStates: boolean;
  /** The same seed gives the same completions; else they are drawn anew each time. */
  readonly seededSampling: boolean;
  /** `UpdateMetrics` are exact; else the entropy is estimated from the trained tokens, and a gradient norm may be missing. */
  readonly exactMetrics: boolean;
}

/** By setting: the value that it has whatever a step says, where that is known. */
export type FixedOptimizer = Readonly<
  Partial<Record<Exclude<keyof OptimizerStep, 'learningRate'>, number | 'unknown'>>
>;

export interface Engine {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** @throws SoarError MODEL_* when the folder is missing, damaged, or of an unsupported architecture. */
  open(model: ModelRef): Promise<Policy>;
  /**
   * For engines whose states name what is kept elsewhere: of all states saved so far, only those given will be loaded again. What
   * the others hold there may be freed. Policies that are alive keep what they need.
   */
  retain?(states: readonly PolicyState[]): Promise<void>;
  close(): Promise<void>;
}

export interface SamplingOptions {
  /** Completions per prompt (the group size). */
  readonly samplesPerPrompt: number;
  readonly maxNewTokens: number;
  /** 0 decodes greedily; ties go to the lowest token id. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]; 1 keeps every token. Applied after temperature and top-k. */
  readonly topP?: number;
  /** Keeps the k most probable tokens; 0 keeps all. */
  readonly topK?: number;
  /** Token ids that end a completion; the stop token is part of the completion. */
  readonly stopTokens: readonly number[];
  /** Texts that end a completion as soon as they occur in its decoded text; their tokens are part of the completion. */
  readonly stopStrings?: readonly string[];
  /** Completion c of prompt p draws its uniforms from the stream (seed, p, c): see `rl/random.ts`. */
  readonly seed: string;
}

export interface Completion {
  /** [length], the stop token included. */
  readonly tokens: Tokens;
  /** [length], natural log, temperature 1, full distribution (before top-k and top-p). */
  readonly logprobs: Float32Array;
  readonly stopReason: 'stop' | 'length';
}

/** Prompt and completion in one: `tokens[0 .. promptLength)` is the prompt. promptLength >= 1. */
export interface Sequence {
  readonly tokens: Tokens;
  readonly promptLength: number;
}

/**
 * One sequence to train on. With c = completion length, every array has length c.
 * A scalar stands for the same value at every completion token.
 */
export interface TrainingSequence extends Sequence {
  /** RL: A_t, multiplies the importance ratio. */
  readonly advantage: number | Float32Array;
  /** w_t; carries the caller's normalisation (for a mean over N sequences of sums over tokens: 1/N). */
  readonly weight: number | Float32Array;
  /** log mu(token) under the policy that sampled, temperature 1. Required by the objective `policy-gradient`. */
  readonly samplerLogprobs?: Float32Array;
  /** log pi_ref(token), needed when klCoefficient > 0. */
  readonly referenceLogprobs?: Float32Array;
}

/**
 * The gradient step minimises, over all completion tokens t of all sequences,
 *
 *   policy-gradient:  L = - sum_t w_t * exp(logpi_t - logmu_t) * A_t  +  beta * sum_t w_t * k3_t
 *   log-likelihood:   L = - sum_t w_t * A_t * logpi_t                 +  beta * sum_t w_t * k3_t
 *
 * with k3_t = exp(logref_t - logpi_t) - (logref_t - logpi_t) - 1, the low-variance estimator of KL(pi || ref)
 * (Schulman 2020). No clipping, no hidden normalisation.
 */
export interface TrainingBatch {
  readonly objective: 'policy-gradient' | 'log-likelihood';
  readonly sequences: readonly TrainingSequence[];
  /** beta; 0 leaves the KL term out. */
  readonly klCoefficient?: number;
}

/** AdamW (Loshchilov & Hutter 2019), decoupled decay: p <- p - lr * (mhat / (sqrt(vhat) + eps) + weightDecay * p). */
export interface OptimizerStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Global-norm clipping: g <- g * min(1, max / ||g||). 0 switches it off. */
  readonly maxGradNorm: number;
}

export interface UpdateMetrics {
  /** L as stated in `TrainingBatch`, before the step. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping; NaN where a service does not say it (`Capabilities.exactMetrics`). */
  readonly gradNorm: number;
  /** Completion tokens that entered the gradient / were left out because their gradient is exactly zero. */
  readonly tokensTrained: number;
  readonly tokensSkipped: number;
  /** Tokens, prompts included, that a forward pass of its own read before the gradient. None where the gradient's own pass is enough. */
  readonly tokensRead?: number;
  /**
   * Mean over trained completion tokens, nats. NaN when nothing was trained. Without `Capabilities.exactMetrics` it is the mean of
   * -log pi(token) over the tokens trained on, which estimates it where they were sampled from the policy.
   */
  readonly entropy: number;
  /** mean(logmu - logpi): sampling against training path and staleness, nats; NaN for `log-likelihood`. */
  readonly klSampler: number;
  /** mean k3 against the reference; NaN when beta is 0. */
  readonly klReference: number;
  /** Share of the token positions computed that were padding. */
  readonly padding: number;
}

/** A policy's weights, and its optimizer where there is one: named flat arrays plus small JSON facts. */
export interface PolicyState {
  /** Names the layout; an engine refuses a state whose format it did not write. */
  readonly format: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

export interface Policy {
  /**
   * SHA-256, hex, of the weights that the model was opened with; of its name and tokenizer where a service holds the weights. Names
   * the model in manifests, whatever was trained since.
   */
  readonly model: string;
  readonly tokenizer: Tokenizer;
  /** Most tokens (prompt + completion) a sequence may have. */
  readonly contextLength: number;
  /** What sets it, for messages: a key and its file. */
  readonly contextFrom: string;
  /** Same weights, fresh optimizer; later changes to either do not reach the other. */
  fork(): Promise<Policy>;
  /** [prompt][completion]. @throws SoarError ENGINE_PROMPT_TOO_LONG, ENGINE_EMPTY_PROMPT */
  sample(prompts: readonly Tokens[], options: SamplingOptions): Promise<Completion[][]>;
  /** [sequence][completion token], natural log, temperature 1. */
  logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]>;
  /**
   * One optimizer step. When every gradient is exactly zero (all w_t * A_t are 0 and beta is 0) the optimizer step is
   * still made, with gradient zero: AdamW's moments decay and weight decay applies.
   * @throws SoarError ENGINE_NOT_FINITE when loss or gradient is not finite; the policy is then unchanged.
   */
  update(batch: TrainingBatch, step: OptimizerStep): Promise<UpdateMetrics>;
  /** `optimizer: false` leaves the optimizer's moments out. */
  save(what?: { readonly optimizer?: boolean }): Promise<PolicyState>;
  /** Replaces weights; and the optimizer by the state's, or by a fresh one if it has none. @throws SoarError ENGINE_STATE_MISMATCH */
  load(state: PolicyState): Promise<void>;
  /** Frees the memory. Any later call: SoarError ENGINE_RELEASED. Releasing twice is fine. */
  release(): Promise<void>;
}
