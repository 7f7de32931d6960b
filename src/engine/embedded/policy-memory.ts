/** A policy inside a worker: one flat array of weights, the graph inputs that view it, and an optimizer while it is trained. */
import type { Tensor } from 'onnxruntime-node';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import type { Moments } from '../adamw.js';
import { weightInputs } from './llama/weights.js';
import { floats } from './session.js';

export class PolicyMemory {
  readonly weights: Float32Array;
  /** Views of `weights`, made once. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Made at the first step. */
  optimizer: Moments | undefined;

  /** Takes the array over. */
  constructor(shape: LlamaShape, weights: Float32Array) {
    this.weights = weights;
    this.feeds = Object.fromEntries(
      weightInputs(shape).map((input) => [
        input.name,
        floats(weights.subarray(input.offset, input.offset + input.size), input.shape),
      ]),
    );
  }

  replace(weights: Float32Array, optimizer: Moments | undefined): void {
    this.weights.set(weights);
    this.optimizer = optimizer;
  }
}
