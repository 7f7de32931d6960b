/** AdamW on flat arrays (Loshchilov & Hutter 2019): what every in-process engine steps with. */
import type { OptimizerStep } from './engine.js';

/** First and second moments, each of the weights' length, and the steps made. */
export interface Moments {
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly steps: number;
}

export const newMoments = (size: number): Moments => ({
  m: new Float32Array(size),
  v: new Float32Array(size),
  steps: 0,
});

/**
 * One step in place. Clips by the global norm first: g <- g * min(1, maxGradNorm / gradNorm) when maxGradNorm > 0.
 * Arithmetic is double, storage single precision.
 * @param gradNorm L2 norm of `gradient`
 * @returns the moments after the step: the same arrays, one step more
 */
export function adamwStep(
  weights: Float32Array,
  gradient: Float32Array,
  moments: Moments,
  step: OptimizerStep,
  gradNorm: number,
): Moments {
  const { learningRate, beta1, beta2, epsilon, weightDecay, maxGradNorm } = step;
  const { m, v } = moments;
  const steps = moments.steps + 1;
  const clip = maxGradNorm > 0 && gradNorm > maxGradNorm ? maxGradNorm / gradNorm : 1;
  const correction1 = 1 / (1 - beta1 ** steps);
  const correction2 = 1 / (1 - beta2 ** steps);
  const decay = learningRate * weightDecay;
  for (let i = 0; i < weights.length; i++) {
    const g = (gradient[i] as number) * clip;
    const mi = beta1 * (m[i] as number) + (1 - beta1) * g;
    const vi = beta2 * (v[i] as number) + (1 - beta2) * g * g;
    m[i] = mi;
    v[i] = vi;
    const w = weights[i] as number;
    weights[i] = w - (learningRate * mi * correction1) / (Math.sqrt(vi * correction2) + epsilon) - decay * w;
  }
  return { m, v, steps };
}

/** L2 norm, summed in double precision in the order of the array. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
