/** Rotary embeddings' frequencies (Su et al. 2021), and how families stretch them over longer contexts. Pure. */
import type { LlamaShape } from './llama-shape.js';

/** Radians per position of feature pair i, [headSize / 2], in double precision: theta^(-2i / size), scaled. */
export function rotaryFrequencies({ headSize, ropeTheta, ropeScaling: scaling }: LlamaShape): Float64Array {
  const plain = Float64Array.from({ length: headSize / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headSize));
  if (!scaling) return plain;
  if (scaling.kind === 'linear') return plain.map((frequency) => frequency / scaling.factor);
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return plain.map((frequency) => {
    // Turns that the pair makes over the context that the model was first trained on (Llama 3.1): many stay, few are slowed.
    const turns = (originalContext * frequency) / (2 * Math.PI);
    if (turns > high) return frequency;
    if (turns < low) return frequency / factor;
    const share = (turns - low) / (high - low);
    return (1 - share) * (frequency / factor) + share * frequency;
  });
}
