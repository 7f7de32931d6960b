/** The objective as `TrainingBatch` states it, from log-probabilities alone; and the gradient that an engine takes of it. */
import type { OptimizerStep, Policy, TrainingBatch } from '../engine.js';

const at = (value: number | Float32Array, t: number): number => (typeof value === 'number' ? value : value[t]);

/** L. @param logprobs [sequence][completion token] */
export function statedLoss(batch: TrainingBatch, logprobs: readonly Float32Array[]): number {
  const beta = batch.klCoefficient ?? 0;
  let loss = 0;
  batch.sequences.forEach(({ weight, advantage, samplerLogprobs, referenceLogprobs }, i) => {
    logprobs[i].forEach((logpi, t) => {
      const value =
        batch.objective === 'policy-gradient' ? Math.exp(logpi - (samplerLogprobs as Float32Array)[t]) : logpi;
      loss -= at(weight, t) * value * at(advantage, t);
      if (beta > 0) loss += beta * at(weight, t) * k3((referenceLogprobs as Float32Array)[t], logpi);
    });
  });
  return loss;
}

export const k3 = (logref: number, logpi: number): number => Math.exp(logref - logpi) - (logref - logpi) - 1;

const scale = 1e4;
const epsilon = 1e8;

/**
 * A step that shows its gradient. With beta1 = beta2 = 0, no decay and no clipping the first AdamW step moves a weight by
 * learningRate * g / (|g| + epsilon); with learningRate = scale * epsilon and epsilon far above |g| that is scale * g, to one
 * part in epsilon / |g|. A large scale lifts it above the rounding of the weight.
 */
const showingStep: OptimizerStep = {
  learningRate: scale * epsilon,
  beta1: 0,
  beta2: 0,
  epsilon,
  weightDecay: 0,
  maxGradNorm: 0,
};

/** d(L)/d(weights), in the order of the state's flat array. The policy stays as it is. */
export async function gradientOf(policy: Policy, batch: TrainingBatch): Promise<Float64Array> {
  const trial = await policy.fork();
  const before = await weightsOf(trial);
  await trial.update(batch, showingStep);
  const after = await weightsOf(trial);
  await trial.release();
  return Float64Array.from(before, (weight, i) => (weight - after[i]) / scale);
}

/** The flat weights of a state of the form `llama-flat-v1` (engine/llama-state.ts). */
export async function weightsOf(policy: Policy): Promise<Float32Array> {
  return (await policy.save({ optimizer: false })).arrays.weights;
}
