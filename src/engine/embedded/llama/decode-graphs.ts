/**
 * The two graphs of sampling. `prefillGraph` reads whole prompts and gives the keys and values to keep; `stepGraph` reads one
 * token a sequence against the kept ones.
 */
import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import type { Architecture } from '../../../checkpoints/lora.js';
import { Graph, type Value } from '../graph/graph.js';
import { type Attention, decoder, fullAttention, linear } from './decoder.js';
import { keptInputs, promptInputs, sharedStepAttention, stepAttention } from './step-attention.js';
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

export interface StepGraphForm {
  /** The frozen base, where it is part of the graph rather than an input. */
  readonly packed?: Float32Array | undefined;
  /** Prompts stand once beside the slots (`step-attention.ts`); else each slot holds its prompt. */
  readonly sharesPrompts: boolean;
}

/**
 * Inputs: tokens [slots, 1], positions [slots, 1], cos, sin, inverse_temperature [], and those of attention
 * (`step-attention.ts`). Outputs: logprob and probability [slots, vocabulary]; key_l and value_l [slots, 1, kvHeads * size] of
 * the new token.
 */
export function stepGraph(architecture: Architecture, { packed, sharesPrompts }: StepGraphForm): Graph {
  const { shape } = architecture;
  const graph = new Graph();
  const weights = packed
    ? declarePackedWeights(graph, architecture, packed)
    : declareWeights(graph, architecture).weights;
  const tokens = graph.input('tokens', 'int64', ['slots', 1]);
  const positions = rotaryInputs(graph, shape, graph.input('positions', 'int64', ['slots', 1]));
  const past = keptInputs(graph, shape, 'slots', 'past', sharesPrompts ? undefined : [shape.headSize, 'past']);
  const prompts = sharesPrompts ? promptInputs(graph, shape) : undefined;
  const cached: Attention = (q, k, v, layer) => {
    graph.output(`key_${layer}`, k);
    graph.output(`value_${layer}`, v);
    if (!prompts) return stepAttention(graph, shape, q, k, v, past(layer));
    return sharedStepAttention(graph, shape, q, k, v, past(layer), prompts(layer));
  };
  const hidden = decoder(graph, shape, weights, tokens, positions, cached);
  const flat = graph.call('Reshape', [hidden], { to: ['slots', shape.hiddenSize] });
  distribution(graph, linear(graph, flat, weights.head));
  return graph;
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
