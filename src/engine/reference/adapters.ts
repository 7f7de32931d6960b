/** LoRA in the reference engine: adapters are merged into the frozen matrices, and their gradient follows from the matrices'. */
import { type Architecture, loraModules, mergeAdapters } from '../../checkpoints/lora.js';
import { invariant } from '../../errors.js';

/** W + (alpha / rank) B A for every adapted matrix, in double precision. */
export function effectiveWeights(model: Architecture, base: Float32Array, adapters: Float32Array): Float64Array {
  const weights = Float64Array.from(base);
  mergeAdapters(model, adapters, weights);
  return weights;
}

/** With s = alpha / rank: d(A) = s B^T d(W), d(B) = s d(W) A^T. @param gradient d(L)/d(effective weights), by `llamaLayout` */
export function adapterGradient(
  { shape, lora }: Architecture,
  adapters: Float32Array,
  gradient: Float64Array,
): Float64Array {
  invariant(lora, 'there are adapters');
  const scale = lora.alpha / lora.rank;
  const found = new Float64Array(adapters.length);
  for (const { frozen, a, b } of loraModules(shape, lora)) {
    const [outputs, inputs] = frozen.shape as [number, number];
    for (let o = 0; o < outputs; o++) {
      for (let r = 0; r < lora.rank; r++) {
        for (let i = 0; i < inputs; i++) {
          const g = scale * gradient[frozen.offset + o * inputs + i];
          found[a.offset + r * inputs + i] += g * adapters[b.offset + o * lora.rank + r];
          found[b.offset + o * lora.rank + r] += g * adapters[a.offset + r * inputs + i];
        }
      }
    }
  }
  return found;
}
