/**
 * Forward and backward of one micro-batch in one graph. Log-probabilities and logits exist only at the picked positions
 * (completion tokens), never for prompts or padding; and of those only one part at a time, since a row of a large vocabulary's
 * logits is wider than all else that a token needs.
 *
 * Inputs beside the weights: tokens [batch, time]; first_position [1] (0); rotary tables; causal_mask
 * [queries, time]; and for each part: picks [picked, 2] (row and position whose next token is predicted); targets [picked, 1]; and
 * per picked token the coefficients of the loss (see `lossTerms`).
 * Outputs: for each part logprob [picked], entropy [picked], and in a gradient graph d(weights) for what is trained, in the order
 * of `trainedInputs`.
 */
import type { Architecture } from '../../../checkpoints/lora.js';
import { invariant } from '../../../errors.js';
import { gradients } from '../graph/gradient.js';
import { Graph, type Value } from '../graph/graph.js';
import { decoder, fullAttention, type Linear, linear } from './decoder.js';
import { declareWeights } from './weights.js';

export type TrainingGraphKind = 'logprobs' | 'gradient' | 'gradient-with-kl';

/** The name of a part's input or output. */
export const ofPart = (name: string, part: number): string => (part === 0 ? name : `${name}_${part}`);

/** @param parts that the picked tokens come in */
export function trainingGraph(architecture: Architecture, kind: TrainingGraphKind, parts: number): Graph {
  const { shape } = architecture;
  const graph = new Graph();
  const { weights, trained } = declareWeights(graph, architecture);
  const tokens = graph.input('tokens', 'int64', ['batch', 'time']);
  const table = [shape.contextLength, shape.headSize / 2];
  const positions = {
    ids: graph.input('first_position', 'int64', [1]),
    cos: graph.input('cos', 'float32', table),
    sin: graph.input('sin', 'float32', table),
  };
  const queries = shape.heads === shape.kvHeads ? 'time' : 'queries';
  const causalMask = graph.input('causal_mask', 'float32', [queries, 'time']);
  const hidden = decoder(graph, shape, weights, tokens, positions, fullAttention(graph, shape, causalMask));

  const headIsTrained = trained.includes(weights.head.weight);
  const seeds: [Value, Value][] = [];
  const ofHead: Value[] = [];
  for (let part = 0; part < parts; part++) {
    const size = ofPart('picked', part);
    const rows = graph.call('PickRows', [hidden, graph.input(ofPart('picks', part), 'int64', [size, 2])]);
    const since = graph.nodes.length;
    const loss = predictions(graph, rows, weights.head, kind, part);
    if (!loss) continue;
    // Backward at once, so that nothing as wide as the vocabulary outlives its part.
    const wanted = headIsTrained ? [rows, weights.head.weight] : [rows];
    const [ofRows, ofWeight] = gradients(graph, [[loss, graph.scalar(1)]], wanted, since);
    seeds.push([rows, ofRows as Value]);
    if (ofWeight) ofHead.push(ofWeight);
  }
  if (kind === 'logprobs') return graph;

  const beneath = trained.filter((value) => value !== weights.head.weight || value === weights.embedding);
  const found = new Map(gradients(graph, seeds, beneath).map((gradient, i) => [beneath[i] as Value, gradient]));
  for (const value of trained) {
    const beneathIt = found.get(value);
    const of = [...(value === weights.head.weight ? ofHead : []), ...(beneathIt ? [beneathIt] : [])];
    invariant(of.length > 0, `the loss depends on ${value.name}`);
    graph.output(
      `d_${value.name}`,
      of.reduce((a, b) => graph.call('Add', [a, b])),
    );
  }
  return graph;
}

/** What one part predicts, as outputs; its loss per token where the gradient is wanted. @param rows [picked, hidden] */
function predictions(
  graph: Graph,
  rows: Value,
  head: Linear,
  kind: TrainingGraphKind,
  part: number,
): Value | undefined {
  const size = rows.shape[0] as string;
  const targets = graph.input(ofPart('targets', part), 'int64', [size, 1]);
  const logp = graph.call('LogSoftmax', [linear(graph, rows, head)], { axis: -1 });
  const picked = graph.call('Reshape', [graph.call('PickColumns', [logp, targets], { axis: 1 })], { to: [size] });
  graph.output(ofPart('logprob', part), picked);
  const plogp = graph.call('Mul', [graph.call('Exp', [logp]), logp]);
  const entropy = graph.call('Neg', [graph.call('ReduceSum', [plogp], { axes: [-1], keepdims: 0 })]);
  graph.output(ofPart('entropy', part), entropy);
  return kind === 'logprobs' ? undefined : lossTerms(graph, picked, kind === 'gradient-with-kl', part);
}

/**
 * Per token, with a = w * A (policy gradient) or b = w * A (log-likelihood) and k = beta * w:
 *   l = -(a * exp(logpi - logmu) + b * logpi) + k * (exp(logref - logpi) - (logref - logpi) - 1)
 */
function lossTerms(graph: Graph, logp: Value, withKl: boolean, part: number): Value {
  const perToken = (name: string) => graph.input(ofPart(name, part), 'float32', logp.shape);
  const [ratioWeight, samplerLogp, likelihoodWeight] = [
    perToken('ratio_weight'),
    perToken('sampler_logprob'),
    perToken('likelihood_weight'),
  ];
  const ratio = graph.call('Exp', [graph.call('Sub', [logp, samplerLogp])]);
  const gain = graph.call('Add', [
    graph.call('Mul', [ratioWeight, ratio]),
    graph.call('Mul', [likelihoodWeight, logp]),
  ]);
  const policyLoss = graph.call('Neg', [gain]);
  if (!withKl) return policyLoss;

  const [klWeight, referenceLogp] = [perToken('kl_weight'), perToken('reference_logprob')];
  const difference = graph.call('Sub', [referenceLogp, logp]);
  const k3 = graph.call('Sub', [graph.call('Sub', [graph.call('Exp', [difference]), difference]), graph.scalar(1)]);
  return graph.call('Add', [policyLoss, graph.call('Mul', [klWeight, k3])]);
}
