/** The base model of the world before its first step: shape, tokenizer, seeded weights. */
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import { characterTokenizer } from '../../checkpoints/tokenizer-file.js';
import { randomStream } from '../../rl/random.js';
import { alphabet, beginningOfText, end } from './alphabet.js';

export const baseModelShape: LlamaShape = {
  vocabularySize: 1 + alphabet.length,
  hiddenSize: 64,
  layers: 3,
  heads: 2,
  kvHeads: 2,
  headSize: 32,
  intermediateSize: 168,
  contextLength: 128,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

/** The folder that `writeModelFolder` writes before pre-training. */
export function untrainedBaseModel(seed: string) {
  return {
    shape: baseModelShape,
    weights: initialWeights(baseModelShape, seed),
    tokenizer: characterTokenizer(alphabet, beginningOfText),
    beginToken: 0,
    endTokens: [1 + alphabet.indexOf(end)],
  };
}

/**
 * Norms 1, matrices normal with standard deviation 0.02 times what keeps a narrow model's activations alive: 1 / sqrt(fan-in);
 * those that write into the residual stream are divided by sqrt(2 * layers) (Radford et al. 2019).
 */
function initialWeights(shape: LlamaShape, seed: string): Float32Array {
  const random = randomStream(`${seed}/weights`);
  const { slots, size } = llamaLayout(shape);
  const weights = new Float32Array(size);
  for (const slot of slots) {
    if (slot.name.includes('norm')) {
      weights.fill(1, slot.offset, slot.offset + slot.size);
      continue;
    }
    const fanIn = slot.shape[1] as number;
    const residual = slot.name.includes('o_proj') || slot.name.includes('down_proj');
    const deviation = slot.name.includes('embed') ? 0.02 : 1 / Math.sqrt(fanIn * (residual ? 2 * shape.layers : 1));
    for (let i = 0; i < slot.size; i++) weights[slot.offset + i] = deviation * normal(random.float(), random.float());
  }
  return weights;
}

/** Box-Muller. */
const normal = (u: number, v: number): number => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
