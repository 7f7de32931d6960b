import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { llamaLayout } from '../dist/checkpoints/llama-shape.js';
import { writeModelFolder } from '../dist/checkpoints/model-folder.js';
import { characterTokenizer } from '../dist/checkpoints/tokenizer-file.js';
import { randomStream } from '../dist/rl/random.js';

/** The model of the peers: random weights, 3.2M parameters. */
export async function tinyModel(folder) {
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
  const { slots, size } = llamaLayout(shape);
  const random = randomStream('bench/weights');
  const weights = Float32Array.from({ length: size }, () => (random.float() - 0.5) * 0.1);
  for (const slot of slots) if (slot.name.includes('norm')) weights.fill(1, slot.offset, slot.offset + slot.size);
  const alphabet = Array.from({ length: 63 }, (_, i) => String.fromCharCode(48 + i)).join('');
  const out = join(folder, 'tiny');
  await writeModelFolder(out, {
    shape,
    weights,
    tokenizer: characterTokenizer(alphabet, '\u0002'),
    beginToken: 0,
    endTokens: [1],
  });
  return out;
}

export const worldModel = () => fileURLToPath(new URL('../models/programs-146k', import.meta.url));
