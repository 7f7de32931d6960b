/**
 * Attention of one new token per slot to what is kept, in two forms: each slot keeps its whole sequence, or its completion alone
 * while prompts stand once for all of their slots. Where whole sequences are kept, keys lie so that their product runs without a
 * transpose; elsewhere a kept token lies in one piece, which is about as fast to read and faster to append.
 */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Dim, Graph, Value } from '../graph/graph.js';
import { apart } from '../graph/operators.js';

/** Of one layer. */
export interface Kept {
  /** [rows, kvHeads, tokens, size]; of whole sequences [rows, kvHeads, size, tokens]. */
  readonly keys: Value;
  /** [rows, kvHeads, tokens, size] */
  readonly values: Value;
  /** [rows, 1, 1, tokens]: 0, or -inf for free room. Of all layers. */
  readonly mask: Value;
}

/** Of one layer. */
interface KeptPrompts extends Kept {
  /** [prompts, kvHeads, queries, 3]: (slot, key head, query head of it) of each query of a prompt; what fills a gap repeats some. */
  readonly byPrompt: Value;
  /** [slots, kvHeads, repeats, 3]: (prompt, key head, place among its queries) of each query of a slot. */
  readonly bySlot: Value;
}

/** Inputs name_mask, and per layer name_key_l and name_value_l. */
export function keptInputs(
  graph: Graph,
  shape: LlamaShape,
  rows: string,
  name: 'past' | 'prompt',
  keyDims: readonly Dim[] = [name, shape.headSize],
): (layer: number) => Kept {
  const { kvHeads, headSize: size } = shape;
  const mask = graph.input(`${name}_mask`, 'float32', [rows, 1, 1, name]);
  const layers = Array.from({ length: shape.layers }, (_, layer) => ({
    keys: graph.input(`${name}_key_${layer}`, 'float32', [rows, kvHeads, ...keyDims]),
    values: graph.input(`${name}_value_${layer}`, 'float32', [rows, kvHeads, name, size]),
    mask,
  }));
  return (layer) => layers[layer] as Kept;
}

/** Inputs prompt_mask, prompt_key_l, prompt_value_l, queries_by_prompt, queries_by_slot. */
export function promptInputs(graph: Graph, shape: LlamaShape): (layer: number) => KeptPrompts {
  const { heads, kvHeads } = shape;
  const kept = keptInputs(graph, shape, 'prompts', 'prompt');
  const byPrompt = graph.input('queries_by_prompt', 'int64', ['prompts', kvHeads, 'queries', 3]);
  const bySlot = graph.input('queries_by_slot', 'int64', ['slots', kvHeads, heads / kvHeads, 3]);
  return (layer) => ({ ...kept(layer), byPrompt, bySlot });
}

/**
 * softmax over [past scores, own score], without joining the new key to the kept ones.
 * q [slots, 1, heads * size], k and v [slots, 1, kvHeads * size] -> [slots, 1, heads * size].
 */
export function stepAttention(graph: Graph, shape: LlamaShape, q: Value, k: Value, v: Value, past: Kept): Value {
  const { queries, value, ownScore } = ownParts(graph, shape, q, k, v);
  const pastScores = graph.call('Add', [graph.call('MatMul', [queries, past.keys]), past.mask]);
  const p = graph.call('Softmax', [graph.call('Concat', [pastScores, ownScore], { axis: -1 })], { axis: -1 });
  const last = { axes: [-1], starts: [-1], ends: [Number.MAX_SAFE_INTEGER] };
  const pastShare = graph.call('Slice', [p], { axes: [-1], starts: [0], ends: [-1], to: ['past'] });
  const ownShare = graph.call('Slice', [p], { ...last, to: [1] });
  const mixed = graph.call('Add', [
    graph.call('MatMul', [pastShare, past.values]),
    graph.call('Mul', [ownShare, value]),
  ]);
  return graph.call('Reshape', [mixed], { to: [queries.shape[0] as Dim, 1, shape.heads * shape.headSize] });
}

/**
 * softmax over [prompt scores, past scores, own score]. For both products with a prompt its slots' queries are laid below one
 * another, so that its keys and values are read once for all of them. Shapes as above.
 */
export function sharedStepAttention(
  graph: Graph,
  shape: LlamaShape,
  q: Value,
  k: Value,
  v: Value,
  past: Kept,
  prompts: KeptPrompts,
): Value {
  const byPrompt = (x: Value) => graph.call('PickRows', [x, prompts.byPrompt]);
  const bySlot = (x: Value) => graph.call('PickRows', [x, prompts.bySlot]);
  const scores = (x: Value, { keys, mask }: Kept) =>
    graph.call('Add', [graph.call('MatMul', [x, keys], { transB: 1 }), mask]);
  const { queries, value, ownScore } = ownParts(graph, shape, q, k, v);
  const parts = [bySlot(scores(byPrompt(queries), prompts)), scores(queries, past), ownScore];
  const p = graph.call('Softmax', [graph.call('Concat', parts, { axis: -1 })], { axis: -1 });
  const [promptShare, pastShare, ownShare] = apart(graph, p, parts) as [Value, Value, Value];
  const ofCompletion = graph.call('Add', [
    graph.call('MatMul', [pastShare, past.values]),
    graph.call('Mul', [ownShare, value]),
  ]);
  const ofPrompt = bySlot(graph.call('MatMul', [byPrompt(promptShare), prompts.values]));
  const mixed = graph.call('Add', [ofPrompt, ofCompletion]);
  return graph.call('Reshape', [mixed], { to: [queries.shape[0] as Dim, 1, shape.heads * shape.headSize] });
}

/** queries [slots, kvHeads, repeats, size], value [slots, kvHeads, 1, size], and the new token's score ownScore [.., repeats, 1]. */
function ownParts(graph: Graph, shape: LlamaShape, q: Value, k: Value, v: Value) {
  const { heads, kvHeads, headSize: size } = shape;
  const slots = q.shape[0] as Dim;
  const scaled = graph.call('Mul', [q, graph.scalar(1 / Math.sqrt(size))]);
  const queries = graph.call('Reshape', [scaled], { to: [slots, kvHeads, heads / kvHeads, size] });
  const key = graph.call('Reshape', [k], { to: [slots, kvHeads, 1, size] });
  const value = graph.call('Reshape', [v], { to: [slots, kvHeads, 1, size] });
  const ownScore = graph.call('ReduceSum', [graph.call('Mul', [queries, key])], { axes: [-1], keepdims: 1 });
  return { queries, value, ownScore };
}
