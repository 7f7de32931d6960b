/** The two models that are measured. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { llamaLayout } from '../dist/checkpoints/llama-shape.js';
import { writeModelFolder } from '../dist/checkpoints/model-folder.js';
import { characterTokenizer } from '../dist/checkpoints/tokenizer-file.js';
import { randomStream } from '../dist/rl/random.js';

const shape = {
  vocabularySize: 64,
  hiddenSize: 256,
  layers: 4,
  heads: 4,
  kvHeads: 4,
  headSize: 64,
  intermediateSize: 688,
  contextLength: 128,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

/** Never sampled: see `randomModel`. */
const endToken = shape.vocabularySize - 1;

/**
 * A folder with random weights, 3.2M parameters. All embeddings share a direction from which the end token's points away: it is
 * practically never sampled, so that completions have the length that a benchmark asks for.
 */
export async function randomModel(folder) {
  const path = join(folder, 'random-3.2m');
  if (existsSync(path)) return path;
  const { slots, size } = llamaLayout(shape);
  const random = randomStream('bench/weights');
  const weights = Float32Array.from({ length: size }, () => (random.float() - 0.5) * 0.2);
  for (const slot of slots) if (slot.name.includes('norm')) weights.fill(1, slot.offset, slot.offset + slot.size);
  const [embedding] = slots;
  for (let token = 0; token < shape.vocabularySize; token++) {
    weights[embedding.offset + token * shape.hiddenSize] = token === endToken ? -4 : 1;
  }
  const alphabet = Array.from({ length: shape.vocabularySize - 1 }, (_, i) => String.fromCharCode(48 + i)).join('');
  const tokenizer = characterTokenizer(alphabet, '\u0002');
  await writeModelFolder(path, { shape, weights, tokenizer, beginToken: 0, endTokens: [endToken] });
  return path;
}

/** The world's base model, 148k parameters. */
export const worldModel = fileURLToPath(new URL('../models/programs-146k', import.meta.url));
