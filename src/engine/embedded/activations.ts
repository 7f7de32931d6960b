/** How much a token's activations weigh, how many tokens are therefore computed at once, and when layers are computed twice. Pure. */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';

/** Activations of one micro-batch, in bytes. */
const budget = 2 ** 31;
const [fewest, most] = [128, 2048];

/**
 * Numbers that training keeps per token position, about, of sequences of `time` tokens: `kept` where what each layer computes stands
 * until its gradient is known, `checkpointed` where only each layer's input does and the layer is computed again (measured on the
 * SmolLM2-135M and Llama-3.2-1B shapes: docs/models.md).
 */
export function activationsPerToken(shape: LlamaShape, time: number): { kept: number; checkpointed: number } {
  const { layers, hiddenSize, heads } = shape;
  // A row of attention probabilities for each head, beside what does not depend on the length.
  const layer = linearPerToken(shape) + heads * time;
  return { kept: layers * layer, checkpointed: layers * hiddenSize + layersAtOnce * layer };
}

/** While a layer is computed again and its gradient is: with the gradients themselves. */
const layersAtOnce = 3;

const linearPerToken = ({ hiddenSize, heads, kvHeads, headSize, intermediateSize }: LlamaShape): number =>
  4 * hiddenSize + 2 * (heads + 2 * kvHeads) * headSize + 5 * intermediateSize;

/** A power of two of token positions. */
export function microBatchTokens(asked: number | 'auto', shape: LlamaShape): number {
  if (asked !== 'auto') return asked;
  const fitting = budget / (4 * shape.layers * linearPerToken(shape));
  return Math.max(fewest, Math.min(most, 2 ** Math.floor(Math.log2(fitting))));
}

/** False where a micro-batch's activations would be more than twice the budget: then each layer is computed again for its gradient. */
export function keepsAllActivations(positions: number, shape: LlamaShape, time: number): boolean {
  return 4 * positions * activationsPerToken(shape, time).kept <= 2 * budget;
}
