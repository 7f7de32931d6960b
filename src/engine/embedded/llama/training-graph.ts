/**
 * Forward and backward of one micro-batch in one graph. Log-probabilities and logits exist only at the picked positions
 * (completion tokens), never for prompts or padding.
 *
 * Inputs beside the weights: tokens [batch, time]; first_position [1] (0); rotary tables; causal_mask
 * [queries, time]; picks [picked, 2] (row and position whose next token is predicted); targets [picked, 1]; and per picked
 * token the coefficients of the loss (see `lossTerms`).
 * Outputs: logprob [picked], entropy [picked], and in a gradient graph d(weights) for what is trained, in the order of
 * `trainedInputs`.
 */
import type { Architecture } from '../../../checkpoints/lora.js';
import { gradients } from '../graph/gradient.js';
import { Graph, type Value } from '../graph/graph.js';
import { decoder, fullAttention, linear } from './decoder.js';
import { declareWeights } from './weights.js';

export type TrainingGraphKind = 'logprobs' | 'gradient' | 'gradient-with-kl';

export function trainingGraph(architecture: Architecture, kind: TrainingGraphKind): Graph {
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
  const picks = graph.input('picks', 'int64', ['picked', 2]);
  const targets = graph.input('targets', 'int64', ['picked', 1]);

  const hidden = decoder(graph, shape, weights, tokens, positions, fullAttention(graph, shape, causalMask));
  const logits = linear(graph, graph.call('PickRows', [hidden, picks]), weights.head);
  const logp = graph.call('LogSoftmax', [logits], { axis: -1 });
  const picked = graph.call('Reshape', [graph.call('PickColumns', [logp, targets], { axis: 1 })], { to: ['picked'] });
  graph.output('logprob', picked);
  const plogp = graph.call('Mul', [graph.call('Exp', [logp]), logp]);
  graph.output('entropy', graph.call('Neg', [graph.call('ReduceSum', [plogp], { axes: [-1], keepdims: 0 })]));

  if (kind !== 'logprobs') {
    const loss = lossTerms(graph, picked, kind === 'gradient-with-kl');
    const found = gradients(graph, [[loss, graph.scalar(1)]], trained);
    found.forEach((gradient, i) => {
      graph.output(`d_${(trained[i] as Value).name}`, gradient);
    });
  }
  return graph;
}

/**
 * Per token, with a = w * A (policy gradient) or b = w * A (log-likelihood) and k = beta * w:
 *   l = -(a * exp(logpi - logmu) + b * logpi) + k * (exp(logref - logpi) - (logref - logpi) - 1)
 */
function lossTerms(graph: Graph, logp: Value, withKl: boolean): Value {
  const perToken = (name: string) => graph.input(name, 'float32', ['picked']);
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
