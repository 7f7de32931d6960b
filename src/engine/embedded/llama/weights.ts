/**
 * How a policy's flat array reaches the graphs: each graph input is a view of one or more neighbouring checkpoint tensors
 * (q, k, v are one matrix; gate, up another). No copy anywhere.
 */
import { type LlamaShape, llamaLayout } from '../../../checkpoints/llama-shape.js';
import { invariant } from '../../../errors.js';
import type { Graph, Value } from '../graph/graph.js';
import type { ModelWeights } from './decoder.js';

export interface WeightInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** In floats, within the policy's flat array. */
  readonly offset: number;
  readonly size: number;
}

/** The graph inputs that carry weights, in the order of the flat array; together they cover it exactly once. */
export function weightInputs(shape: LlamaShape): WeightInput[] {
  const slots = llamaLayout(shape).slots;
  const inputs: WeightInput[] = [];
  let next = 0;
  const take = (name: string, count = 1) => {
    const group = slots.slice(next, next + count);
    next += count;
    const [first] = group;
    invariant(first, `the layout has a slot for ${name}`);
    const size = group.reduce((sum, slot) => sum + slot.size, 0);
    const columns = first.shape[1];
    inputs.push({
      name,
      shape: columns === undefined ? [size] : [size / columns, columns],
      offset: first.offset,
      size,
    });
  };
  take('embedding');
  for (let layer = 0; layer < shape.layers; layer++) {
    take(`attention_norm_${layer}`);
    take(`qkv_${layer}`, 3);
    if (shape.qkvBias) take(`qkv_bias_${layer}`, 3);
    if (shape.headNorms) {
      take(`query_norm_${layer}`);
      take(`key_norm_${layer}`);
    }
    take(`attention_out_${layer}`);
    if (shape.attentionOutBias) take(`attention_out_bias_${layer}`);
    take(`mlp_norm_${layer}`);
    take(`gate_up_${layer}`, 2);
    take(`down_${layer}`);
  }
  take('norm');
  if (!shape.tiedEmbeddings) take('head');
  invariant(next === slots.length, 'every slot is a graph input');
  return inputs;
}

/** Declares the weight inputs on a graph; `all` is in the order of `weightInputs`. */
export function declareWeights(graph: Graph, shape: LlamaShape): { weights: ModelWeights; all: Value[] } {
  const all = weightInputs(shape).map(({ name, shape: dims }) => graph.input(name, 'float32', dims));
  const queue = all.slice();
  const take = () => queue.shift() as Value;
  const embedding = take();
  const layers = Array.from({ length: shape.layers }, () => ({
    attentionNorm: take(),
    qkv: { weight: take(), ...(shape.qkvBias && { bias: take() }) },
    ...(shape.headNorms && { headNorms: { query: take(), key: take() } }),
    attentionOut: { weight: take(), ...(shape.attentionOutBias && { bias: take() }) },
    mlpNorm: take(),
    gateUp: { weight: take() },
    down: { weight: take() },
  }));
  const norm = take();
  return { weights: { embedding, layers, norm, head: { weight: queue.shift() ?? embedding } }, all };
}
