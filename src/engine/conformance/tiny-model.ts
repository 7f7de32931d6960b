/** Seeded random models of a few thousand parameters in a temporary folder: what engines are compared on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import type { LoraShape } from '../../checkpoints/lora.js';
import { writeModelFolder } from '../../checkpoints/model-folder.js';
import { characterTokenizer } from '../../checkpoints/tokenizer-file.js';
import { randomStream } from '../../rl/random.js';
import type { Capabilities, Engine, Policy, PolicyState } from '../engine.js';

/** Token ids: 0 begins a text, these characters are 1 to 11. */
const alphabet = 'abcdefgh?=.';

const untied: LlamaShape = {
  vocabularySize: 1 + alphabet.length,
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  // Heads together wider than the hidden size, to tell the two apart.
  headSize: 6,
  intermediateSize: 20,
  contextLength: 24,
  // So small that positions of a short text differ.
  ropeTheta: 50,
  rmsNormEpsilon: 1e-3,
  tiedEmbeddings: false,
};

const models = {
  untied,
  tied: { ...untied, headSize: 4, kvHeads: 4, tiedEmbeddings: true },
  /** Its head is zero: every token is as probable as any other, exactly. */
  flat: untied,
} satisfies Record<string, LlamaShape>;

export type TinyModelName = keyof typeof models;

export const tinyModelNames = Object.keys(models) as TinyModelName[];

/** Opens a tiny model, in the engine under test unless another is given. */
export type Open = (model?: TinyModelName, engine?: Engine) => Promise<Policy>;

export const shapeOf = (name: TinyModelName): LlamaShape => models[name];

/** Writes the folders. @returns where, and how to remove them */
export async function writeTinyModels(): Promise<{ folder(name: TinyModelName): string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'tiny-models-'));
  const tokenizer = characterTokenizer(alphabet, '^');
  const end = 1 + alphabet.indexOf('.');
  for (const [name, shape] of Object.entries(models) as [TinyModelName, LlamaShape][]) {
    const model = { shape, weights: weightsOf(name, shape), tokenizer, beginToken: 0, endTokens: [end] };
    await writeModelFolder(join(root, name), model);
  }
  return { folder: (name) => join(root, name), remove: () => rm(root, { recursive: true }) };
}

/** Adapters for the tiny models: not of every module, a scale that is not 1. */
export const tinyLora: LoraShape = {
  rank: 3,
  alpha: 4,
  targets: ['q_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'],
};

const everything: Capabilities = {
  klLoss: true,
  snapshots: true,
  fullFineTuning: true,
  topP: true,
  topK: true,
  stopStrings: true,
  maxPolicies: Number.POSITIVE_INFINITY,
  trainableForks: true,
  fixedOptimizer: {},
  readableStates: true,
  seededSampling: true,
  exactMetrics: true,
};

/** What engines in this process can do: training all weights, or `tinyLora`. */
export const inProcess = { capabilities: everything };
export const inProcessLora = { capabilities: { ...everything, fullFineTuning: false }, lora: tinyLora };

/** New adapters begin at the base, where half of their gradient is zero: these do not. */
export function someAdapters(state: PolicyState): PolicyState {
  const random = randomStream('tiny-model/adapters');
  const weights = Float32Array.from(state.arrays.weights as Float32Array, () => 0.4 * (random.float() - 0.5));
  return { ...state, arrays: { weights } };
}

/** Uniform: norms in [0.5, 1.5), embeddings of deviation about 1, other matrices of about 1.2 / sqrt(inputs). */
function weightsOf(model: TinyModelName, shape: LlamaShape): Float32Array {
  const random = randomStream(`tiny-model/${model}`);
  const { slots, size } = llamaLayout(shape);
  const weights = new Float32Array(size);
  for (const { name, shape: dims, offset, size: length } of slots) {
    if (model === 'flat' && name.startsWith('lm_head')) continue;
    const spread = name.includes('norm') ? 1 : name.includes('embed') ? 3 : 4 / Math.sqrt(dims[1]);
    const middle = name.includes('norm') ? 1 : 0;
    for (let i = 0; i < length; i++) weights[offset + i] = middle + spread * (random.float() - 0.5);
  }
  return weights;
}
