/** How much a token's activations weigh, and how many tokens are therefore computed at once. Pure. */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';

/** Activations of one micro-batch, in bytes. */
const budget = 2 ** 31;
const [fewest, most] = [128, 2048];

/**
 * Numbers that training keeps per token position, about: what each layer computes stands until its gradient is known (measured on the
 * SmolLM2-135M and Llama-3.2-1B shapes: docs/models.md).
 */
export function activationsPerToken({
  layers,
  hiddenSize,
  heads,
  kvHeads,
  headSize,
  intermediateSize,
}: LlamaShape): number {
  return layers * (12 * hiddenSize + 4 * (heads + 2 * kvHeads) * headSize + 8 * intermediateSize);
}

/** A power of two of token positions. */
export function microBatchTokens(asked: number | 'auto', shape: LlamaShape): number {
  if (asked !== 'auto') return asked;
  const fitting = budget / (4 * activationsPerToken(shape));
  return Math.max(fewest, Math.min(most, 2 ** Math.floor(Math.log2(fitting))));
}
