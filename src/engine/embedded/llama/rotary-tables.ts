import type { LlamaShape } from '../../../checkpoints/llama-shape.js';
import { rotaryFrequencies } from '../../../checkpoints/rotary.js';

/** cos and sin of position * frequency, each [context, size / 2], computed in double precision. */
export function rotaryTables(shape: LlamaShape): { cos: Float32Array; sin: Float32Array } {
  const half = shape.headSize / 2;
  const frequencies = rotaryFrequencies(shape);
  const cos = new Float32Array(shape.contextLength * half);
  const sin = new Float32Array(shape.contextLength * half);
  for (let position = 0; position < shape.contextLength; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] as number);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
