/**
 * LoRA (Hu et al. 2021): beside a frozen matrix W [out, in] two trained ones, A [rank, in] and B [out, rank], so that the layer
 * computes y = x W^T + (alpha / rank) (x A^T) B^T. All adapters of a policy are one flat array, as all weights of a full one are. Pure.
 */
import { invariant } from '../errors.js';
import { randomStream } from '../rl/random.js';
import { type LlamaShape, llamaLayout, type ParameterLayout, type ParameterSlot } from './llama-shape.js';

/** Modules that can have adapters, in forward order. */
export const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type LoraTarget = (typeof loraTargets)[number];

export interface LoraShape {
  readonly rank: number;
  /** Adapters are scaled by alpha / rank. */
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
}

/** What a policy computes with, and which part of it is trained: all weights, or adapters. */
export interface Architecture {
  readonly shape: LlamaShape;
  readonly lora?: LoraShape;
}

export interface LoraModule {
  /** As checkpoints name it, without `.weight`. */
  readonly name: string;
  readonly target: LoraTarget;
  readonly layer: number;
  /** The frozen matrix's place in the base's flat array, [out, in]. */
  readonly frozen: ParameterSlot;
  /** [rank, in] and [out, rank], in the adapters' flat array. */
  readonly a: ParameterSlot;
  readonly b: ParameterSlot;
}

/** In forward order; A and B of a module side by side. */
export function loraModules(shape: LlamaShape, { rank, targets }: LoraShape): LoraModule[] {
  const modules: LoraModule[] = [];
  let offset = 0;
  const place = (name: string, ...dims: [number, number]): ParameterSlot => {
    const slot = { name, shape: dims, offset, size: dims[0] * dims[1] };
    offset += slot.size;
    return slot;
  };
  for (const frozen of llamaLayout(shape).slots) {
    const found = /^(model\.layers\.(\d+)\.(?:self_attn|mlp)\.(\w+))\.weight$/.exec(frozen.name);
    const target = targets.find((one) => one === found?.[3]);
    if (!found || !target) continue;
    const [name, layer] = [found[1] as string, Number(found[2])];
    const [outputs, inputs] = frozen.shape as [number, number];
    const a = place(`${name}.lora_A.weight`, rank, inputs);
    modules.push({ name, target, layer, frozen, a, b: place(`${name}.lora_B.weight`, outputs, rank) });
  }
  return modules;
}

export function loraLayout(shape: LlamaShape, lora: LoraShape): ParameterLayout {
  const slots = loraModules(shape, lora).flatMap(({ a, b }) => [a, b]);
  return { slots, size: slots.reduce((sum, slot) => sum + slot.size, 0) };
}

/** The layout of what is trained. */
export const trainedLayout = ({ shape, lora }: Architecture): ParameterLayout =>
  lora ? loraLayout(shape, lora) : llamaLayout(shape);

/** As PEFT begins: A uniform within 1 / sqrt(in), B zero, so that the first policy is the base. The same every time. */
export function initialAdapters(shape: LlamaShape, lora: LoraShape): Float32Array {
  const adapters = new Float32Array(loraLayout(shape, lora).size);
  for (const { a } of loraModules(shape, lora)) {
    const random = randomStream(a.name);
    const reach = 1 / Math.sqrt(a.shape[1] as number);
    for (let i = a.offset; i < a.offset + a.size; i++) adapters[i] = reach * (2 * random.float() - 1);
  }
  return adapters;
}

/** Adds (alpha / rank) B A to the frozen matrices, in place. @param weights [parameters], by `llamaLayout` */
export function mergeAdapters(
  { shape, lora }: Architecture,
  adapters: Float32Array,
  weights: Float32Array | Float64Array,
): void {
  invariant(lora, 'there are adapters');
  const scale = lora.alpha / lora.rank;
  for (const { frozen, a, b } of loraModules(shape, lora)) {
    const [outputs, inputs] = frozen.shape as [number, number];
    for (let o = 0; o < outputs; o++) {
      const sum = new Float64Array(inputs);
      for (let r = 0; r < lora.rank; r++) {
        const factor = scale * (adapters[b.offset + o * lora.rank + r] as number);
        if (factor === 0) continue;
        const from = a.offset + r * inputs;
        for (let i = 0; i < inputs; i++) sum[i] += factor * (adapters[from + i] as number);
      }
      const to = frozen.offset + o * inputs;
      for (let i = 0; i < inputs; i++) weights[to + i] += sum[i] as number;
    }
  }
}

/** Subtracts them again: the inverse of `mergeAdapters` but for two roundings, each at most half a unit in the last place of the larger of base and merged number. */
export function unmergeAdapters(
  { shape, lora }: Architecture,
  adapters: Float32Array,
  weights: Float32Array | Float64Array,
): void {
  invariant(lora, 'there are adapters');
  mergeAdapters({ shape, lora: { ...lora, alpha: -lora.alpha } }, adapters, weights);
}

/** Adapters on the same frozen matrices. */
export interface Adapted {
  readonly lora: LoraShape;
  /** [adapters], by `loraLayout`. */
  readonly adapters: Float32Array;
}

/**
 * Two adapters as one, whose product is the sum of theirs: A's rows below one another, B's columns beside one another, the scale
 * that of `upper`, so that its numbers stay as they are (1 where that is 0). Ranks add up; a module that one of them leaves out gets zeros.
 */
export function joinAdapters(shape: LlamaShape, lower: Adapted, upper: Adapted): Adapted {
  const rank = lower.lora.rank + upper.lora.rank;
  const scale = upper.lora.alpha / upper.lora.rank || 1;
  const both = [lower, upper];
  const targets = loraTargets.filter((target) => both.some(({ lora }) => lora.targets.includes(target)));
  const lora = { rank, alpha: scale * rank, targets };
  const joined = new Float32Array(loraLayout(shape, lora).size);
  const modules = loraModules(shape, lora);
  let before = 0;
  for (const { lora: own, adapters } of both) {
    const factor = own.alpha / own.rank / scale;
    for (const { name, a, b } of loraModules(shape, own)) {
      const into = modules.find((module) => module.name === name) as LoraModule;
      joined.set(adapters.subarray(a.offset, a.offset + a.size), into.a.offset + before * (a.shape[1] as number));
      for (let i = 0; i < b.size; i++) {
        const [o, r] = [Math.floor(i / own.rank), i % own.rank];
        joined[into.b.offset + o * rank + before + r] = factor * (adapters[b.offset + i] as number);
      }
    }
    before += own.rank;
  }
  return { lora, adapters: joined };
}
