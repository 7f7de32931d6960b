/** Attention of positions that share prompts: the rectangles of shared-prompts.ts around it, none anywhere else. */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Dim, Graph, Value } from '../graph/graph.js';
import { apart } from '../graph/operators.js';
import type { Attention } from './decoder.js';

/**
 * Graph inputs: rectangle [prompts, rows, span] and places [positions, 3]; prefixes [prompts, 1, prefix], prefix_places
 * [shared, 3] and prefix_positions [shared, 1]; mask [prompts, 1, rows, queries, prefix+span]. The stream is [positions, 1, hidden].
 *
 * With Q, K, V of the rectangle and P, U the keys and values of the prefixes: softmax([Q P^T, Q K^T] / sqrt(size) + mask) [U; V],
 * where P and U have one row for all rows of a prompt.
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
  const inRectangle = (x: Value) => graph.call('Arrange', [x, rectangle], { places: ['places'] });
  const inPrefixes = (x: Value) =>
    graph.call('Arrange', [x, prefixes], { places: ['prefix_places'], rows: ['prefix_positions'] });
  return (q, k, v) => {
    const [keys, values] = [listed(k), listed(v)];
    const queries = byHeads(graph, inRectangle(listed(q)), kvHeads, repeats, size);
    const alpha = 1 / Math.sqrt(size);
    const scoresOf = (of: Value) =>
      graph.call('MatMul', [queries, byHeads(graph, of, kvHeads, 1, size)], { transB: 1, alpha });
    const scores = [scoresOf(inPrefixes(keys)), scoresOf(inRectangle(keys))];
    const masked = graph.call('Add', [graph.call('Concat', scores, { axis: -1 }), mask]);
    const shares = apart(graph, graph.call('Softmax', [masked], { axis: -1 }), scores);
    const mixed = [inPrefixes(values), inRectangle(values)].map((of, i) =>
      graph.call('MatMul', [shares[i] as Value, byHeads(graph, of, kvHeads, 1, size)]),
    );
    const out = rowsFirst(graph, graph.call('Add', mixed), kvHeads, repeats, size);
    const picked = graph.call('PickRows', [out, places]);
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
