/**
 * The two graphs of sampling. `prefillGraph` reads whole prompts and gives the keys and values to keep; `stepGraph` reads one
 * token a sequence against the kept ones. Keys are kept as [slot, kvHeads, size, past] and values as
 * [slot, kvHeads, past, size]: then both products of a step run without a transpose.
 */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Architecture } from '../../../checkpoints/lora.js';
import { type Dim, Graph, type Value } from '../graph/graph.js';
import { type Attention, decoder, fullAttention, linear } from './decoder.js';
import { declarePackedWeights, declareWeights } from './weights.js';

/**
 * Inputs: tokens [batch, time], first_position [1], cos, sin, causal_mask, picks [picked, 2] (the last token of each prompt),
 * inverse_temperature []. Outputs: logprob and probability [picked, vocabulary]; key_l and value_l [batch, time, kvHeads * size].
 */
export function prefillGraph(architecture: Architecture): Graph {
  const { shape } = architecture;
  const graph = new Graph();
  const { weights } = declareWeights(graph, architecture);
  const tokens = graph.input('tokens', 'int64', ['batch', 'time']);
  const positions = rotaryInputs(graph, shape, graph.input('first_position', 'int64', [1]));
  const queries = shape.heads === shape.kvHeads ? 'time' : 'queries';
  const full = fullAttention(graph, shape, graph.input('causal_mask', 'float32', [queries, 'time']));
  const picks = graph.input('picks', 'int64', ['picked', 2]);
  const keeping: Attention = (q, k, v, layer) => {
    graph.output(`key_${layer}`, k);
    graph.output(`value_${layer}`, v);
    return full(q, k, v, layer);
  };
  const hidden = decoder(graph, shape, weights, tokens, positions, keeping);
  distribution(graph, linear(graph, graph.call('PickRows', [hidden, picks]), weights.head));
  return graph;
}

/**
 * Inputs: tokens [slots, 1], positions [slots, 1], cos, sin, past_mask [slots, 1, 1, past] (0 or -inf), inverse_temperature [],
 * and per layer past_key_l, past_value_l. Outputs: logprob and probability [slots, vocabulary]; key_l and value_l
 * [slots, 1, kvHeads * size] of the new token.
 * @param packed the frozen base, where it is part of the graph rather than an input
 */
export function stepGraph(architecture: Architecture, packed?: Float32Array): Graph {
  const { shape } = architecture;
  const graph = new Graph();
  const weights = packed
    ? declarePackedWeights(graph, architecture, packed)
    : declareWeights(graph, architecture).weights;
  const tokens = graph.input('tokens', 'int64', ['slots', 1]);
  const positions = rotaryInputs(graph, shape, graph.input('positions', 'int64', ['slots', 1]));
  const mask = graph.input('past_mask', 'float32', ['slots', 1, 1, 'past']);
  const { kvHeads, headSize: size } = shape;
  const past = Array.from({ length: shape.layers }, (_, layer) => ({
    keys: graph.input(`past_key_${layer}`, 'float32', ['slots', kvHeads, size, 'past']),
    values: graph.input(`past_value_${layer}`, 'float32', ['slots', kvHeads, 'past', size]),
  }));
  const cached: Attention = (q, k, v, layer) => {
    graph.output(`key_${layer}`, k);
    graph.output(`value_${layer}`, v);
    const { keys, values } = past[layer] as { keys: Value; values: Value };
    return stepAttention(graph, shape, q, k, v, keys, values, mask);
  };
  const hidden = decoder(graph, shape, weights, tokens, positions, cached);
  const flat = graph.call('Reshape', [hidden], { to: ['slots', shape.hiddenSize] });
  distribution(graph, linear(graph, flat, weights.head));
  return graph;
}

/** softmax over [past scores, own score], without joining the new key to the kept ones. */
function stepAttention(
  graph: Graph,
  shape: LlamaShape,
  q: Value,
  k: Value,
  v: Value,
  keys: Value,
  values: Value,
  mask: Value,
): Value {
  const { heads, kvHeads, headSize: size } = shape;
  const slots = q.shape[0] as Dim;
  const scaled = graph.call('Mul', [q, graph.scalar(1 / Math.sqrt(size))]);
  const queries = graph.call('Reshape', [scaled], { to: [slots, kvHeads, heads / kvHeads, size] });
  const key = graph.call('Reshape', [k], { to: [slots, kvHeads, 1, size] });
  const value = graph.call('Reshape', [v], { to: [slots, kvHeads, 1, size] });
  const pastScores = graph.call('Add', [graph.call('MatMul', [queries, keys]), mask]);
  const ownScore = graph.call('ReduceSum', [graph.call('Mul', [queries, key])], { axes: [-1], keepdims: 1 });
  const p = graph.call('Softmax', [graph.call('Concat', [pastScores, ownScore], { axis: -1 })], { axis: -1 });
  const last = { axes: [-1], starts: [-1], ends: [Number.MAX_SAFE_INTEGER] };
  const pastShare = graph.call('Slice', [p], { axes: [-1], starts: [0], ends: [-1], to: ['past'] });
  const ownShare = graph.call('Slice', [p], { ...last, to: [1] });
  const mixed = graph.call('Add', [graph.call('MatMul', [pastShare, values]), graph.call('Mul', [ownShare, value])]);
  return graph.call('Reshape', [mixed], { to: [slots, 1, heads * size] });
}

function rotaryInputs(graph: Graph, shape: LlamaShape, ids: Value) {
  const table = [shape.contextLength, shape.headSize / 2];
  return { ids, cos: graph.input('cos', 'float32', table), sin: graph.input('sin', 'float32', table) };
}

/** Log-probabilities at temperature 1, and the probabilities to sample from. */
function distribution(graph: Graph, logits: Value): void {
  graph.output('logprob', graph.call('LogSoftmax', [logits], { axis: -1 }));
  const tempered = graph.call('Mul', [logits, graph.input('inverse_temperature', 'float32', [])]);
  graph.output('probability', graph.call('Softmax', [tempered], { axis: -1 }));
}
