/** What the engine and its workers say to one another. Arrays are transferred or copied; nothing is shared. */
import type { Architecture } from '../../checkpoints/lora.js';
import type { ErrorKind } from '../../errors.js';
import type { OptimizerStep, UpdateMetrics } from '../engine.js';
import type { FlatCompletions, FlatSequences, Ragged } from './flat-batch.js';
import type { MovedState } from './moved-arrays.js';
import type { SamplerSettings, SamplingTask } from './sampler.js';
import type { FlatTrainingBatch, Share, ShareOfGradient } from './trainer.js';

/**
 * Sent to a worker to end it between two computations. `Worker.terminate` would not do: onnxruntime's binding ends the whole process when
 * its thread is stopped inside a call.
 */
export const endMessage = 'end';

export interface WorkerSettings {
  readonly threads: number;
  readonly microBatchTokens: number | 'auto';
  readonly logitsAtOnce: number;
  readonly packedBase: boolean | 'auto';
  readonly sharedPrompts: boolean | 'auto';
  readonly checkpointed: boolean | 'auto';
  readonly sampler: SamplerSettings;
}

export interface WorkerStart {
  readonly settings: WorkerSettings;
  /** One shared number: 1 as soon as the worker computes no more. */
  readonly ended: Int32Array;
}

/** Policies and models are named by the engine. */
export interface Requests {
  /** `base`: the frozen weights [parameters], where adapters are trained. */
  model: {
    ask: { model: number; architecture: Architecture; base?: ArrayBuffer; pieces: readonly Uint8Array[] };
    answer: undefined;
  };
  create: { ask: { policy: number; model: number; weights: ArrayBuffer }; answer: undefined };
  fork: { ask: { policy: number; from: number }; answer: undefined };
  sample: { ask: { policy: number; task: SamplingTask }; answer: FlatCompletions };
  score: { ask: { policy: number; sequences: FlatSequences }; answer: Ragged<Float32Array> };
  train: { ask: { policy: number; batch: FlatTrainingBatch; step: OptimizerStep }; answer: UpdateMetrics };
  /** A train in two: shares of the gradient by workers that each have the policy or a copy, and the step at its home. */
  gradient: { ask: { policy: number; batch: FlatTrainingBatch; share: Share }; answer: ShareOfGradient };
  step: {
    ask: { policy: number; shares: readonly ShareOfGradient[]; step: OptimizerStep; copies: number };
    /** `weights`: the new ones, as often as copies were asked for. */
    answer: { metrics: UpdateMetrics; weights: readonly ArrayBuffer[] };
  };
  read: { ask: { policy: number; optimizer: boolean }; answer: MovedState };
  write: { ask: { policy: number; saved: MovedState }; answer: undefined };
  release: { ask: { policy: number }; answer: undefined };
}

export type RequestName = keyof Requests;

export interface RequestMessage<N extends RequestName = RequestName> {
  readonly id: number;
  readonly name: N;
  readonly ask: Requests[N]['ask'];
}

export interface ErrorReport {
  readonly code?: string;
  readonly kind?: ErrorKind;
  readonly message: string;
  readonly remedy?: string;
  readonly stack: string;
}

export type AnswerMessage =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: ErrorReport };
