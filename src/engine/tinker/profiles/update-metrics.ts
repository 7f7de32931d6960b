/** What an update reports, worked out here from the log-probabilities that its pass returned: the same numbers for every server. Pure. */
import type { TrainingBatch, UpdateMetrics } from '../../engine.js';
import type { UpdatePlan } from './objective.js';

/**
 * @param logprobs [trained sequence][completion token], of the policy before the step
 * @param gradNorm as the server says it, or NaN
 */
export function updateMetrics(
  batch: TrainingBatch,
  { trained, tokensSkipped }: UpdatePlan,
  logprobs: readonly Float32Array[],
  gradNorm: number,
): UpdateMetrics {
  const { objective, klCoefficient: beta = 0 } = batch;
  const sum = { loss: 0, surprise: 0, klSampler: 0, klReference: 0, tokens: 0 };
  trained.forEach(({ sequence, gains }, i) => {
    const { weight, samplerLogprobs, referenceLogprobs } = sequence;
    logprobs[i]?.forEach((logp, t) => {
      const mu = samplerLogprobs?.[t] ?? Number.NaN;
      const gain = gains[t] as number;
      const value = objective === 'policy-gradient' ? Math.exp(logp - mu) : logp;
      if (gain !== 0) sum.loss -= gain * value;
      if (beta > 0) {
        const difference = (referenceLogprobs?.[t] as number) - logp;
        const k3 = Math.exp(difference) - difference - 1;
        sum.loss += beta * (typeof weight === 'number' ? weight : (weight[t] as number)) * k3;
        sum.klReference += k3;
      }
      sum.klSampler += mu - logp;
      sum.surprise -= logp;
      sum.tokens += 1;
    });
  });
  return {
    loss: sum.loss,
    gradNorm: trained.length === 0 ? 0 : gradNorm,
    tokensTrained: sum.tokens,
    tokensSkipped,
    entropy: sum.surprise / sum.tokens,
    klSampler: objective === 'policy-gradient' ? sum.klSampler / sum.tokens : Number.NaN,
    klReference: beta > 0 ? sum.klReference / sum.tokens : Number.NaN,
    padding: 0,
  };
}
