/**
 * The Llama decoder's equations (Touvron et al. 2023) on a graph. What differs between training and decoding is only how a
 * token attends to earlier ones, so attention comes in as a function.
 */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Dim, Graph, Value } from '../graph/graph.js';

/** y = x w^T + bias, in pieces where matrices that share an input are one; each piece + scale * (x a^T) b^T where it is adapted. */
export interface Linear {
  /** [out, in] */
  readonly weight: Value;
  /** [out] */
  readonly bias?: Value;
  /** By piece. */
  readonly adapters?: readonly (Adapter | undefined)[];
  /** All pieces' adapters as one. */
  readonly joined?: Adapter;
}

export interface Adapter {
  /** [rank, in] */
  readonly a: Value;
  /** [out of the piece, rank] */
  readonly b: Value;
  readonly scale: number;
}

export interface LayerWeights {
  readonly attentionNorm: Value;
  /** [(heads + 2 * kvHeads) * headSize, hidden]: q, k, v side by side. */
  readonly qkv: Linear;
  /** Each [headSize]. */
  readonly headNorms?: { readonly query: Value; readonly key: Value };
  /** [hidden, heads * headSize] */
  readonly attentionOut: Linear;
  readonly mlpNorm: Value;
  /** [2 * intermediate, hidden]: gate, up. */
  readonly gateUp: Linear;
  /** [hidden, intermediate] */
  readonly down: Linear;
}

export interface ModelWeights {
  /** [vocabulary, hidden] */
  readonly embedding: Value;
  readonly layers: readonly LayerWeights[];
  readonly norm: Value;
  /** [vocabulary, hidden]: the embedding where it is tied. */
  readonly head: Linear;
}

/** q [batch, time, heads * size], k and v [batch, time, kvHeads * size], rotated -> [batch, time, heads * size]. */
export type Attention = (q: Value, k: Value, v: Value, layer: number) => Value;

export interface Positions {
  /** [batch, time], or [1] for consecutive positions from that number on; int64. */
  readonly ids: Value;
  /** [context, size / 2] */
  readonly cos: Value;
  readonly sin: Value;
}

/** tokens [batch, time] -> normed hidden states [batch, time, hidden]. */
export function decoder(
  graph: Graph,
  shape: LlamaShape,
  weights: ModelWeights,
  tokens: Value,
  positions: Positions,
  attention: Attention,
): Value {
  let x = graph.call('Embed', [weights.embedding, tokens]);
  weights.layers.forEach((layer, index) => {
    x = decoderLayer(graph, shape, layer, index, x, positions, attention);
  });
  return rmsNorm(graph, shape, x, weights.norm);
}

/** [batch, time, hidden] -> the same. */
export function decoderLayer(
  graph: Graph,
  shape: LlamaShape,
  layer: LayerWeights,
  index: number,
  x: Value,
  positions: Positions,
  attention: Attention,
): Value {
  const { intermediateSize } = shape;
  const h = rmsNorm(graph, shape, x, layer.attentionNorm);
  const rotated = shape.unrotatedLayers?.includes(index) ? undefined : positions;
  const { q, k, v } = queriesKeysValues(graph, shape, h, layer, rotated);
  const attended = graph.call('Add', [x, linear(graph, attention(q, k, v, index), layer.attentionOut)]);

  const m = rmsNorm(graph, shape, attended, layer.mlpNorm);
  const [gate, up] = pieces(graph, m, layer.gateUp, [intermediateSize, intermediateSize]) as [Value, Value];
  const swiglu = graph.call('Mul', [graph.call('Silu', [gate], { alpha: 1 }), up]);
  return graph.call('Add', [attended, linear(graph, swiglu, layer.down)]);
}

/** Queries and keys side by side are normed by heads where the family does so, and rotated; without positions they are not. */
function queriesKeysValues(
  graph: Graph,
  shape: LlamaShape,
  h: Value,
  { qkv, headNorms }: LayerWeights,
  positions: Positions | undefined,
): { readonly q: Value; readonly k: Value; readonly v: Value } {
  const { headSize, heads, kvHeads } = shape;
  const [queries, keys] = [heads * headSize, kvHeads * headSize];
  const join = (q: Value, k: Value) => graph.call('Concat', [q, k], { axis: -1 });
  const split = (x: Value) => graph.callAll('Split', [x], { split: [queries, keys], axis: -1 }) as [Value, Value];
  let qk: Value;
  let v: Value;
  if (qkv.adapters) {
    const [q, k, values] = pieces(graph, h, qkv, [queries, keys, keys]) as [Value, Value, Value];
    [qk, v] = [join(q, k), values];
  } else [qk, v] = pieces(graph, h, qkv, [queries + keys, keys]) as [Value, Value];
  if (headNorms) {
    const [q, k] = split(qk);
    qk = join(headNorm(graph, shape, q, headNorms.query, heads), headNorm(graph, shape, k, headNorms.key, kvHeads));
  }
  if (positions) {
    const rotary = { num_heads: heads + kvHeads, interleaved: 0 };
    qk = graph.call('Rotary', [qk, positions.ids, positions.cos, positions.sin], rotary);
  }
  const [q, k] = split(qk);
  return { q, k, v };
}

/** [batch, time, heads * size], each head by itself. */
function headNorm(graph: Graph, shape: LlamaShape, x: Value, w: Value, heads: number): Value {
  const [batch, time] = x.shape as [Dim, Dim];
  const cut = graph.call('Reshape', [x], { to: [batch, time, heads, shape.headSize] });
  return graph.call('Reshape', [rmsNorm(graph, shape, cut, w)], { to: [batch, time, heads * shape.headSize] });
}

/**
 * Causal attention over whole sequences. Query heads that share a key head are laid below one another, so that the products
 * have no broadcasting: scores [batch, kvHeads, repeats * time, time].
 */
export function fullAttention(graph: Graph, shape: LlamaShape, causalMask: Value): Attention {
  const { headSize: size, heads, kvHeads } = shape;
  const repeats = heads / kvHeads;
  return (q, k, v) => {
    const [batch, time] = q.shape as [Dim, Dim];
    const queries = merge(graph, headsFirst(graph, q, kvHeads, repeats, size), size);
    const keys = headsFirst(graph, k, kvHeads, 1, size);
    const values = headsFirst(graph, v, kvHeads, 1, size);
    const scores = graph.call('MatMul', [queries, keys], { transB: 1, alpha: 1 / Math.sqrt(size) });
    const p = graph.call('Softmax', [graph.call('Add', [scores, causalMask])], { axis: -1 });
    let out = graph.call('MatMul', [p, values]);
    if (repeats === 1) {
      out = graph.call('Transpose', [out], { perm: [0, 2, 1, 3] });
    } else {
      out = graph.call('Reshape', [out], { to: [batch, kvHeads, repeats, time, size] });
      out = graph.call('Transpose', [out], { perm: [0, 3, 1, 2, 4] });
    }
    return graph.call('Reshape', [out], { to: [batch, time, heads * size] });
  };
}

/** [batch, time, kvHeads * repeats * size] -> [batch, kvHeads, (repeats,) time, size]. */
function headsFirst(graph: Graph, x: Value, kvHeads: number, repeats: number, size: number): Value {
  const [batch, time] = x.shape as [Dim, Dim];
  if (repeats === 1) {
    const cut = graph.call('Reshape', [x], { to: [batch, time, kvHeads, size] });
    return graph.call('Transpose', [cut], { perm: [0, 2, 1, 3] });
  }
  const cut = graph.call('Reshape', [x], { to: [batch, time, kvHeads, repeats, size] });
  return graph.call('Transpose', [cut], { perm: [0, 2, 3, 1, 4] });
}

/** [batch, kvHeads, repeats, time, size] -> [batch, kvHeads, repeats * time, size]. */
function merge(graph: Graph, x: Value, size: number): Value {
  if (x.shape.length === 4) return x;
  return graph.call('Reshape', [x], { to: [x.shape[0] as Dim, x.shape[1] as Dim, 'queries', size] });
}

/** Of one piece. */
export function linear(graph: Graph, x: Value, layer: Linear): Value {
  const y = graph.call('MatMul', [x, layer.weight], { transB: 1 });
  return adapted(graph, x, layer.bias ? graph.call('Add', [y, layer.bias]) : y, layer.joined ?? layer.adapters?.[0]);
}

/** Of several pieces, [out of each]. */
function pieces(graph: Graph, x: Value, { adapters, ...plain }: Linear, sizes: readonly number[]): Value[] {
  const cut = graph.callAll('Split', [linear(graph, x, plain)], { split: sizes, axis: -1 });
  return cut.map((piece, i) => adapted(graph, x, piece, adapters?.[i]));
}

function adapted(graph: Graph, x: Value, y: Value, adapter: Adapter | undefined): Value {
  if (!adapter) return y;
  const low = graph.call('MatMul', [x, adapter.a], { transB: 1, alpha: adapter.scale });
  return graph.call('Add', [y, graph.call('MatMul', [low, adapter.b], { transB: 1 })]);
}

export const rmsNorm = (graph: Graph, shape: LlamaShape, x: Value, w: Value): Value =>
  graph.call('RmsNorm', [x, w], { axis: -1, epsilon: shape.rmsNormEpsilon, stash_type: 1 });
