/**
 * What the fake server computes with: a backend that really trains, or one that makes numbers up. The server knows no other difference.
 * Calls come one at a time.
 */
import type { PolicyState, Tokens } from '../../engine.js';
import type { SampleOutput } from '../wire/sampling.js';
import type { TrainingRequest } from '../wire/training.js';
import type { AdamSettings } from './profile.js';
import type { DrawOptions } from './sampling.js';

/** Weights as they were, perhaps with the optimizer. */
export interface Snapshot {
  readonly rank: number;
  /** Names the weights: the same for the same weights. */
  readonly version: string;
  /** None where no weights are kept. */
  readonly state?: PolicyState;
}

export interface Draw {
  readonly prompt: Tokens;
  readonly count: number;
  readonly seed: number;
  readonly options: DrawOptions;
  /** Log-probabilities of all prompt tokens but the first. */
  readonly promptLogprobs: boolean;
}

/** [datum][position] */
export interface PassResult {
  readonly logprobs: readonly Float32Array[];
  readonly losses: readonly Float32Array[];
}

/** Gradients that wait for a step; of use to the backend that made them. */
export type Gradients = readonly unknown[];

export interface ServedAdapter {
  /** Names the weights, as a snapshot does. */
  version(): Promise<string>;
  forward(request: TrainingRequest): Promise<PassResult>;
  /** The gradients wait for the next step. */
  forwardBackward(request: TrainingRequest): Promise<PassResult>;
  /** @returns the norm of the gradient before clipping. @throws OperationFailed */
  step(adam: AdamSettings): Promise<number>;
  snapshot(optimizer: boolean): Promise<Snapshot>;
  /** Weights, and the snapshot's optimizer, or a fresh one. */
  load(snapshot: Snapshot, optimizer: boolean): Promise<void>;
  /** Weights alone; the optimizer stays as it is. */
  overwrite(snapshot: Snapshot): Promise<void>;
  scale(factor: number): Promise<void>;
  sample(draw: Draw): Promise<SampleOutput>;
  gradients(): Gradients;
  /** @returns the gradients that nobody stepped */
  release(): Promise<Gradients>;
}

export interface Backend {
  /** @param left gradients that the adapter finds waiting */
  create(rank: number, seed: number | null, left: Gradients): Promise<ServedAdapter>;
  /** From a snapshot, or from the base model. */
  sampleFrom(snapshot: Snapshot | undefined, draw: Draw): Promise<SampleOutput>;
  close(): Promise<void>;
}
