/** A policy inside a worker: one flat array of what is trained, the graph inputs that view it, and an optimizer while it is trained. */
import type { Moments } from '../adamw.js';
import type { WeightInput } from './llama/weights.js';
import type { ModelRuntime } from './model-runtime.js';
import { type Feeds, floats } from './session.js';

export class PolicyMemory {
  readonly weights: Float32Array;
  /** The frozen base, where there is one, and views of `weights`, made once. */
  readonly feeds: Feeds;
  /** Made at the first step. */
  optimizer: Moments | undefined;

  /** Takes the array over. */
  constructor({ frozen, trained }: ModelRuntime, weights: Float32Array) {
    this.weights = weights;
    this.feeds = { ...frozen, ...viewsOf(weights, trained) };
  }

  replace(weights: Float32Array, optimizer: Moments | undefined): void {
    this.weights.set(weights);
    this.optimizer = optimizer;
  }
}

/** Graph inputs that read a flat array in place. */
export const viewsOf = (flat: Float32Array, inputs: readonly WeightInput[]): Feeds =>
  Object.fromEntries(
    inputs.map(({ name, shape, offset, size }) => [name, floats(flat.subarray(offset, offset + size), shape)]),
  );
