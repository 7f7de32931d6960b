/**
 * How a policy's flat array reaches the graphs: each graph input is a view of one or more neighbouring checkpoint tensors
 * (q, k, v are one matrix; gate, up another). No copy anywhere.
 */
import { type LlamaShape, llamaLayout } from '../../../checkpoints/llama-shape.js';
import { type Architecture, type LoraTarget, loraModules } from '../../../checkpoints/lora.js';
import { invariant } from '../../../errors.js';
import type { Graph, Value } from '../graph/graph.js';
import type { Adapter, Linear, ModelWeights } from './decoder.js';
import { type JoinedName, joinedAdapters, joinedTargets } from './joined-adapters.js';

export interface WeightInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** In floats, within the policy's flat array. */
  readonly offset: number;
  readonly size: number;
}

/** The graph inputs that carry the model's weights, in the order of its flat array; together they cover it exactly once. */
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

/** The graph inputs that carry what is trained, in the order of its flat array: the model's weights, or its adapters. */
export function trainedInputs({ shape, lora }: Architecture): WeightInput[] {
  if (!lora) return weightInputs(shape);
  return loraModules(shape, lora).flatMap(({ target, layer, a, b }) => [
    { ...a, name: adapterName('a', target, layer) },
    { ...b, name: adapterName('b', target, layer) },
  ]);
}

const adapterName = (part: 'a' | 'b', target: LoraTarget, layer: number) => `lora_${part}_${target}_${layer}`;

const declareInput =
  (graph: Graph) =>
  ({ name, shape: dims }: Pick<WeightInput, 'name' | 'shape'>) =>
    graph.input(name, 'float32', dims);

/** Declares the inputs of weights and adapters on a graph; `trained` is in the order of `trainedInputs`. */
export function declareWeights(graph: Graph, architecture: Architecture): { weights: ModelWeights; trained: Value[] } {
  const { shape, lora } = architecture;
  const frozen = weightInputs(shape).map(declareInput(graph));
  const trained = lora ? trainedInputs(architecture).map(declareInput(graph)) : frozen;
  const adapters = new Map(trained.map((value) => [value.name, value]));
  const adapted = (layer: number, ...targets: LoraTarget[]) => {
    if (!lora || !targets.some((target) => lora.targets.includes(target))) return {};
    const of = (target: LoraTarget): Adapter | undefined => {
      const [a, b] = [adapters.get(adapterName('a', target, layer)), adapters.get(adapterName('b', target, layer))];
      return a && b && { a, b, scale: lora.alpha / lora.rank };
    };
    return { adapters: targets.map(of) };
  };

  return {
    weights: modelWeights(shape, frozen, (layer, joined) => adapted(layer, ...joinedTargets[joined])),
    trained,
  };
}

/**
 * The frozen base as constants, which the runtime packs once into the form that its products read fastest, and joined adapters as
 * inputs. The embedding stays an input: rows are looked up in it as it is.
 */
export function declarePackedWeights(graph: Graph, architecture: Architecture, base: Float32Array): ModelWeights {
  const { shape, lora } = architecture;
  const scale = lora ? lora.alpha / lora.rank : 1;
  const constant = ({ name, shape: dims, offset, size }: WeightInput) =>
    graph.constant(name, dims, base.subarray(offset, offset + size));
  const [embedding, ...others] = weightInputs(shape) as [WeightInput, ...WeightInput[]];
  const joined = new Map(
    joinedAdapters(architecture).map(({ joined: name, layer, a, b }) => {
      const adapter: Adapter = { a: declareInput(graph)(a), b: declareInput(graph)(b), scale };
      return [`${name}/${layer}`, adapter];
    }),
  );
  const head = shape.tiedEmbeddings ? [constant({ ...embedding, name: 'head' })] : [];
  const frozen = [declareInput(graph)(embedding), ...others.map(constant), ...head];
  return modelWeights(shape, frozen, (layer, name) => {
    const adapter = joined.get(`${name}/${layer}`);
    return adapter ? { joined: adapter } : {};
  });
}

/** @param frozen in the order of `weightInputs`; the head may follow a tied model's */
function modelWeights(
  shape: LlamaShape,
  frozen: readonly Value[],
  adapted: (layer: number, joined: JoinedName) => Pick<Linear, 'adapters' | 'joined'>,
): ModelWeights {
  const queue = frozen.slice();
  const take = () => queue.shift() as Value;
  const embedding = take();
  const layers = Array.from({ length: shape.layers }, (_, layer) => ({
    attentionNorm: take(),
    qkv: { weight: take(), ...(shape.qkvBias && { bias: take() }), ...adapted(layer, 'qkv') },
    ...(shape.headNorms && { headNorms: { query: take(), key: take() } }),
    attentionOut: {
      weight: take(),
      ...(shape.attentionOutBias && { bias: take() }),
      ...adapted(layer, 'attention_out'),
    },
    mlpNorm: take(),
    gateUp: { weight: take(), ...adapted(layer, 'gate_up') },
    down: { weight: take(), ...adapted(layer, 'down') },
  }));
  const norm = take();
  return { embedding, layers, norm, head: { weight: queue.shift() ?? embedding } };
}
