/**
 * Writes a random Llama of a few thousand parameters with the vocabulary of the conformance suite, for a real Tinker server to serve.
 *
 *   node bench/peers/tiny-model.mjs <folder>
 */
import { llamaLayout } from '../../dist/checkpoints/llama-shape.js';
import { writeModelFolder } from '../../dist/checkpoints/model-folder.js';
import { characterTokenizer } from '../../dist/checkpoints/tokenizer-file.js';
import { randomStream } from '../../dist/rl/random.js';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('give a folder: node bench/peers/tiny-model.mjs <folder>');
  process.exit(2);
}
const alphabet = 'abcdefgh?=.';
const shape = {
  vocabularySize: 1 + alphabet.length,
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 6,
  intermediateSize: 20,
  contextLength: 24,
  ropeTheta: 50,
  rmsNormEpsilon: 1e-3,
  tiedEmbeddings: false,
};
const random = randomStream('peers/tiny-model');
const { slots, size } = llamaLayout(shape);
const weights = new Float32Array(size);
for (const { name, shape: dims, offset, size: length } of slots) {
  const [middle, spread] = name.includes('norm') ? [1, 1] : [0, name.includes('embed') ? 3 : 4 / Math.sqrt(dims[1])];
  for (let i = 0; i < length; i++) weights[offset + i] = middle + spread * (random.float() - 0.5);
}
const tokenizer = characterTokenizer(alphabet, '^');
await writeModelFolder(folder, { shape, weights, tokenizer, beginToken: 0, endTokens: [alphabet.length] });
console.log(`${folder}: ${size} parameters, ${shape.vocabularySize} tokens, context ${shape.contextLength}`);
