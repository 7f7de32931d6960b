/** Attention of positions that share prompts: the rectangles of shared-prompts.ts around it, none anywhere else. */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Dim, Graph, Value } from '../graph/graph.js';
import { apart, reshapedLike, unfolded } from '../graph/operators.js';
import type { Attention } from './decoder.js';

/**
 * Graph inputs: rectangle [prompts, rows, span] and places [positions, 3]; prefixes [prompts, 1, prefix], prefix_places
 * [shared, 3] and prefix_positions [shared, 1]; mask [prompts, 1, rows, queries, prefix+span]. The stream is [positions, 1, hidden].
 *
 * With Q, K, V of the rectangle and P, U the keys and values of the prefixes: softmax([Q P^T, Q K^T] / sqrt(size) + mask) [U; V],
 * where P and U are the same for all rows of a prompt.
 */
export function sharedAttention(graph: Graph, shape: LlamaShape): Attention {
  const { headSize: size, heads, kvHeads } = shape;
  const repeats = heads / kvHeads;
  const queriesOfRow = repeats === 1 ? 'span' : 'queries';
  const rectangle = graph.input('rectangle', 'int64', ['prompts', 'rows', 'span']);
  const places = graph.input('places', 'int64', ['positions', 3]);
  const prefixes = graph.input('prefixes', 'int64', ['prompts', 1, 'prefix']);
  graph.input('prefix_places', 'int64', ['shared', 3]);
  graph.input('prefix_positions', 'int64', ['shared', 1]);
  const mask = graph.input('mask', 'float32', ['prompts', 1, 'rows', queriesOfRow, 'prefix+span']);

  const listed = (x: Value) => graph.call('Reshape', [x], { to: ['positions', x.shape.at(-1) as Dim] });
  const inRectangle = (x: Value, headsOfKey = 1) =>
    byHeads(graph, graph.call('Arrange', [x, rectangle], { places: ['places'] }), kvHeads, headsOfKey, size);
  const inPrefixes = (x: Value) => {
    const arranged = graph.call('Arrange', [x, prefixes], { places: ['prefix_places'], rows: ['prefix_positions'] });
    return graph.call('Reshape', [byHeads(graph, arranged, kvHeads, 1, size)], {
      to: ['prompts', kvHeads, 'prefix', size],
    });
  };
  return (q, k, v) => {
    const [keys, values] = [listed(k), listed(v)];
    const queries = inRectangle(listed(q), repeats);
    const scoresOf = (of: Value, among: Value) =>
      graph.call('MatMul', [of, among], { transB: 1, alpha: 1 / Math.sqrt(size) });
    // All rows of a prompt below one another: its keys and values meet them in one product, and so do their gradients.
    const folded = graph.call('Reshape', [queries], { to: ['prompts', kvHeads, 'cells', size] });
    const ofPrefix = scoresOf(folded, inPrefixes(keys));
    const scores = [unfolded(graph, ofPrefix, queries), scoresOf(queries, inRectangle(keys))];
    const masked = graph.call('Add', [graph.call('Concat', scores, { axis: -1 }), mask]);
    const [prefixShare, ownShare] = apart(graph, graph.call('Softmax', [masked], { axis: -1 }), scores) as [
      Value,
      Value,
    ];
    const ofPrompt = graph.call('MatMul', [reshapedLike(graph, prefixShare, ofPrefix), inPrefixes(values)]);
    const mixed = graph.call('Add', [
      reshapedLike(graph, ofPrompt, queries),
      graph.call('MatMul', [ownShare, inRectangle(values)]),
    ]);
    const picked = graph.call('PickRows', [rowsFirst(graph, mixed, kvHeads, repeats, size), places]);
    return graph.call('Reshape', [picked], { to: ['positions', 1, heads * size] });
  };
}

/** [prompts, rows, time, kvHeads * repeats * size] -> [prompts, kvHeads, rows, repeats * time, size]. */
function byHeads(graph: Graph, x: Value, kvHeads: number, repeats: number, size: number): Value {
  const [prompts, rows, time] = x.shape as [Dim, Dim, Dim];
  if (repeats === 1) {
    const cut = graph.call('Reshape', [x], { to: [prompts, rows, time, kvHeads, size] });
    return graph.call('Transpose', [cut], { perm: [0, 3, 1, 2, 4] });
  }
  const cut = graph.call('Reshape', [x], { to: [prompts, rows, time, kvHeads, repeats, size] });
  const turned = graph.call('Transpose', [cut], { perm: [0, 3, 1, 4, 2, 5] });
  return graph.call('Reshape', [turned], { to: [prompts, kvHeads, rows, 'queries', size] });
}

/** [prompts, kvHeads, rows, repeats * span, size] -> [prompts, rows, span, kvHeads * repeats * size]. */
function rowsFirst(graph: Graph, x: Value, kvHeads: number, repeats: number, size: number): Value {
  const [prompts, , rows] = x.shape as [Dim, Dim, Dim];
  const to = [prompts, rows, 'span', kvHeads * repeats * size];
  if (repeats === 1) {
    return graph.call('Reshape', [graph.call('Transpose', [x], { perm: [0, 2, 3, 1, 4] })], { to });
  }
  const cut = graph.call('Reshape', [x], { to: [prompts, kvHeads, rows, repeats, 'span', size] });
  return graph.call('Reshape', [graph.call('Transpose', [cut], { perm: [0, 2, 4, 1, 3, 5] })], { to });
}
