/** Architectures of published models, with random weights: what counts is their size. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { llamaLayout } from '../dist/checkpoints/llama-shape.js';
import { writeModelFolder } from '../dist/checkpoints/model-folder.js';
import { byteLevelTokenizer } from './byte-level-tokenizer.mjs';

const common = { headSize: 64, rmsNormEpsilon: 1e-5, tiedEmbeddings: true };

export const realShapes = {
  'smollm2-135m': {
    label: 'SmolLM2-135M',
    shape: {
      ...common,
      vocabularySize: 49_152,
      hiddenSize: 576,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      intermediateSize: 1536,
      contextLength: 2048,
      ropeTheta: 100_000,
    },
  },
  'llama-3.2-1b': {
    label: 'Llama-3.2-1B',
    shape: {
      ...common,
      vocabularySize: 128_256,
      hiddenSize: 2048,
      layers: 16,
      heads: 32,
      kvHeads: 8,
      intermediateSize: 8192,
      contextLength: 2048,
      ropeTheta: 500_000,
    },
  },
};

/** A model folder, made once: weights uniform with the deviation 0.02 that such models begin with, norms 1. */
export async function realModel(folder, name) {
  const path = join(folder, name);
  if (existsSync(join(path, 'model.safetensors'))) return path;
  const { shape } = realShapes[name];
  const { slots, size } = llamaLayout(shape);
  const weights = new Float32Array(size);
  let state = 0x9e3779b9;
  const scale = (2 * 0.02 * Math.sqrt(3)) / 2 ** 32;
  for (let i = 0; i < size; i++) {
    // xorshift32: a billion numbers in seconds.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    weights[i] = scale * state;
  }
  for (const slot of slots) if (slot.name.includes('norm')) weights.fill(1, slot.offset, slot.offset + slot.size);
  await writeModelFolder(path, {
    shape,
    weights,
    tokenizer: byteLevelTokenizer(258),
    beginToken: 256,
    endTokens: [257],
  });
  return path;
}
