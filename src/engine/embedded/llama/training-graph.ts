/**
 * Forward and backward of one micro-batch in one graph. Log-probabilities and logits exist only at the picked positions
 * (completion tokens), never for prompts or padding; and of those only one part at a time, since a row of a large vocabulary's
 * logits is wider than all else that a token needs.
 *
 * Inputs beside the weights: tokens [batch, time], first_position [1] (0) and causal_mask [queries, time]; or, where prompts are shared,
 * tokens and positions [positions, 1] and the inputs of `sharedAttention`; rotary tables; and for each part: picks [picked, 2] (row and
 * column of tokens whose next token is predicted); targets [picked, 1]; and per picked token the coefficients of the loss (see `lossTerms`).
 * Outputs: for each part logprob [picked], entropy [picked], and in a gradient graph d(weights) for what is trained, in the order
 * of `trainedInputs`.
 */
import type { Architecture } from '../../../checkpoints/lora.js';
import { invariant } from '../../../errors.js';
import { gradients } from '../graph/gradient.js';
import { Graph, type Value } from '../graph/graph.js';
import { decoderLayer, fullAttention, type LayerWeights, type Linear, linear, rmsNorm } from './decoder.js';
import { sharedAttention } from './shared-attention.js';
import { declareWeights } from './weights.js';

export type TrainingGraphKind = 'logprobs' | 'gradient' | 'gradient-with-kl';

/** The name of a part's input or output. */
export const ofPart = (name: string, part: number): string => (part === 0 ? name : `${name}_${part}`);

export interface TrainingGraphForm {
  readonly kind: TrainingGraphKind;
  /** That the picked tokens come in. */
  readonly parts: number;
  /** Only each layer's input is kept, and the layer is computed again for its gradient (Chen et al. 2016, arXiv 1604.06174). */
  readonly checkpointed: boolean;
  /** Sequences of one prompt share its positions (shared-prompts.ts). */
  readonly sharesPrompts: boolean;
  readonly threads: number;
}

export function trainingGraph(
  architecture: Architecture,
  { kind, parts, checkpointed, sharesPrompts, threads }: TrainingGraphForm,
): Graph {
  const { shape } = architecture;
  const graph = new Graph(threads);
  const { weights, trained } = declareWeights(graph, architecture);
  const dims = sharesPrompts ? ['positions', 1] : ['batch', 'time'];
  const tokens = graph.input('tokens', 'int64', dims);
  const table = [shape.contextLength, shape.headSize / 2];
  const positions = {
    ids: sharesPrompts ? graph.input('positions', 'int64', dims) : graph.input('first_position', 'int64', [1]),
    cos: graph.input('cos', 'float32', table),
    sin: graph.input('sin', 'float32', table),
  };
  const queries = shape.heads === shape.kvHeads ? 'time' : 'queries';
  const attention = sharesPrompts
    ? sharedAttention(graph, shape)
    : fullAttention(graph, shape, graph.input('causal_mask', 'float32', [queries, 'time']));
  const computeLayer = (index: number, x: Value): Value =>
    decoderLayer(graph, shape, weights.layers[index] as LayerWeights, index, x, positions, attention);

  /** What goes into each layer, and comes out of the last one. */
  const streams = [graph.call('Embed', [weights.embedding, tokens])];
  for (let layer = 0; layer < shape.layers; layer++) streams.push(computeLayer(layer, streams[layer] as Value));
  const last = streams[shape.layers] as Value;
  const afterLayers = graph.nodes.length;
  const hidden = rmsNorm(graph, shape, last, weights.norm);

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
  const found = checkpointed
    ? layerByLayer(graph, streams, computeLayer, beneath, gradientsSince(graph, seeds, last, beneath, afterLayers))
    : byValue(beneath, gradients(graph, seeds, beneath));
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

const byValue = (values: readonly Value[], found: readonly Value[]): Map<Value, Value> =>
  new Map(values.map((value, i) => [value, found[i] as Value]));

/** Of the last layer's output, and of what is trained above it. */
function gradientsSince(
  graph: Graph,
  seeds: readonly (readonly [Value, Value])[],
  last: Value,
  trained: readonly Value[],
  since: number,
): Map<Value, Value> {
  const wanted = [last, ...trained.filter(({ name }) => name === 'norm')];
  return byValue(wanted, gradients(graph, seeds, wanted, since));
}

/**
 * From the last layer down, each computed again from its input. The input waits for all gradients of the layer above: else the runtime
 * would see that it has computed the layer before, or compute all layers again and put off the gradients that need them.
 * @param found of the last layer's output, and more
 */
function layerByLayer(
  graph: Graph,
  streams: readonly Value[],
  computeLayer: (index: number, x: Value) => Value,
  trained: readonly Value[],
  found: Map<Value, Value>,
): Map<Value, Value> {
  let gradient = found.get(streams.at(-1) as Value) as Value;
  let above: readonly Value[] = [];
  for (let layer = streams.length - 2; layer >= 0; layer--) {
    const of = trained.filter(({ name }) => name.endsWith(`_${layer}`));
    const x = after(graph, streams[layer] as Value, gradient, above);
    const since = graph.nodes.length;
    const wanted = [x, ...of];
    const inLayer = gradients(graph, [[computeLayer(layer, x), gradient]], wanted, since);
    gradient = inLayer[0] as Value;
    above = inLayer.slice(1);
    of.forEach((value, i) => {
      found.set(value, above[i] as Value);
    });
  }
  const embedding = trained.filter(({ name }) => name === 'embedding');
  for (const [value, of] of byValue(embedding, gradients(graph, [[streams[0] as Value, gradient]], embedding))) {
    found.set(value, of);
  }
  return found;
}

/** x, once the gradient [batch, time, hidden] and the others are there: x + 0 * their sums. */
function after(graph: Graph, x: Value, gradient: Value, others: readonly Value[]): Value {
  const sums = others.map((value) =>
    graph.call('ReduceSum', [value], { axes: value.shape.map((_, axis) => axis), keepdims: 0 }),
  );
  const all = [graph.call('ReduceSum', [gradient], { axes: [-1], keepdims: 1 }), ...sums];
  const sum = all.reduce((a, b) => graph.call('Add', [a, b]));
  return graph.call('Add', [x, graph.call('Mul', [sum, graph.scalar(0)])]);
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
