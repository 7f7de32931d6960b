/**
 * KL as part of the reward (method.md 7.4, the form 'reward'): r - beta * sum_t (log pi_t - log ref_t), per sequence,
 * where pi is the policy that sampled. The other form, 'loss', is the engine's k3 term (`TrainingBatch.klCoefficient`).
 * Pure.
 */

/** sum_t (logpi_t - logref_t) over one completion's tokens, nats: the one-sample estimate of its KL to the reference. */
export function sequenceKl(logprobs: ArrayLike<number>, reference: ArrayLike<number>): number {
  let sum = 0;
  for (let t = 0; t < logprobs.length; t++) sum += logprobs[t] - reference[t];
  return sum;
}

export function klShapedReward(reward: number, coefficient: number, kl: number): number {
  return reward - coefficient * kl;
}
