/**
 * The adapters of matrices that share an input as one: with A_1..A_m below one another and B_1..B_m along a block diagonal,
 * (x A^T) B^T is all their outputs side by side. Sampling, which is many small products, is quicker so; training keeps them apart.
 */
import type { Architecture, LoraModule, LoraTarget } from '../../../checkpoints/lora.js';
import { loraModules } from '../../../checkpoints/lora.js';
import { type Feeds, floats } from '../session.js';

/** Modules whose frozen matrices are one (`weightInputs`). */
export const joinedTargets: Readonly<Record<JoinedName, readonly LoraTarget[]>> = {
  qkv: ['q_proj', 'k_proj', 'v_proj'],
  attention_out: ['o_proj'],
  gate_up: ['gate_proj', 'up_proj'],
  down: ['down_proj'],
};
export type JoinedName = 'qkv' | 'attention_out' | 'gate_up' | 'down';

/** One joined adapter as two graph inputs. */
export interface JoinedAdapter {
  readonly joined: JoinedName;
  readonly layer: number;
  /** [sum of ranks, in] */
  readonly a: JoinedInput;
  /** [sum of outputs, sum of ranks]; outputs of modules without an adapter are rows of zeros. */
  readonly b: JoinedInput;
}

interface JoinedInput {
  readonly name: string;
  readonly shape: readonly [number, number];
}

interface Placed extends JoinedAdapter {
  /** With the row of b where the outputs of each begin. */
  readonly modules: readonly { readonly module: LoraModule; readonly row: number }[];
}

function placed({ shape, lora }: Architecture): Placed[] {
  if (!lora) return [];
  const modules = loraModules(shape, lora);
  const outputs: Readonly<Record<LoraTarget, number>> = {
    q_proj: shape.heads * shape.headSize,
    k_proj: shape.kvHeads * shape.headSize,
    v_proj: shape.kvHeads * shape.headSize,
    o_proj: shape.hiddenSize,
    gate_proj: shape.intermediateSize,
    up_proj: shape.intermediateSize,
    down_proj: shape.hiddenSize,
  };
  const found: Placed[] = [];
  for (let layer = 0; layer < shape.layers; layer++) {
    for (const [joined, targets] of Object.entries(joinedTargets) as [JoinedName, readonly LoraTarget[]][]) {
      let row = 0;
      const of: { module: LoraModule; row: number }[] = [];
      for (const target of targets) {
        const module = modules.find((one) => one.layer === layer && one.target === target);
        if (module) of.push({ module, row });
        row += outputs[target];
      }
      const [first] = of;
      if (!first) continue;
      const ranks = of.length * lora.rank;
      const name = (part: string) => `joined_${part}_${joined}_${layer}`;
      const a = { name: name('a'), shape: [ranks, first.module.a.shape[1] as number] as const };
      found.push({ joined, layer, a, b: { name: name('b'), shape: [row, ranks] }, modules: of });
    }
  }
  return found;
}

export const joinedAdapters = (architecture: Architecture): readonly JoinedAdapter[] => placed(architecture);

/** @param flat the adapters, by `loraLayout`; copied */
export function joinedFeeds(architecture: Architecture, flat: Float32Array): Feeds {
  const feeds: Feeds = {};
  for (const { a, b, modules } of placed(architecture)) {
    const [ranks, inputs] = a.shape;
    const rank = ranks / modules.length;
    const [joinedA, joinedB] = [new Float32Array(ranks * inputs), new Float32Array(b.shape[0] * ranks)];
    for (const [m, { module, row }] of modules.entries()) {
      joinedA.set(flat.subarray(module.a.offset, module.a.offset + module.a.size), m * rank * inputs);
      for (let o = 0; o < (module.b.shape[0] as number); o++) {
        const from = module.b.offset + o * rank;
        joinedB.set(flat.subarray(from, from + rank), (row + o) * ranks + m * rank);
      }
    }
    feeds[a.name] = floats(joinedA, a.shape);
    feeds[b.name] = floats(joinedB, b.shape);
  }
  return feeds;
}
