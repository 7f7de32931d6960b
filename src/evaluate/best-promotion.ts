/**
 * Which promoted student stands for the run (arm `ps`): the one with the best greedy accuracy on all of D_train
 * (method.md 4.3, 7.14), the latest on a tie; or the latest at all, by `evaluate.promotedStudent`.
 */
import { type Cost, examine, sumCosts } from '../method/index.js';
import type { Evaluation, EvaluationMemory } from './evaluation.js';
import { meanAndDeviation } from './moments.js';

/** Number of the promotion, from 0. Measured once, then from memory. */
export async function bestPromotion(
  evaluation: Evaluation,
  memory: Pick<EvaluationMemory, 'promotedAccuracies' | 'recordPromotedAccuracies'>,
): Promise<number> {
  if (evaluation.settings.promotedStudent === 'last') return evaluation.promotions.length - 1;
  const known = memory.promotedAccuracies();
  if (known) return bestOf(known);
  const { accuracies, cost } = await measure(evaluation);
  await memory.recordPromotedAccuracies(accuracies, cost);
  return bestOf(accuracies);
}

/** @param accuracies by promotion */
export const bestOf = (accuracies: readonly number[]) => accuracies.lastIndexOf(Math.max(...accuracies));

async function measure(evaluation: Evaluation): Promise<{ accuracies: number[]; cost: Cost }> {
  const { policies, promotions, domain, hardTrain, soar, seed } = evaluation;
  const accuracies: number[] = [];
  const costs: Cost[] = [];
  for (let index = 0; index < promotions.length; index++) {
    const student = await policies.promoted(index);
    try {
      const { accuracy, cost } = await examine(student, hardTrain, {
        domain,
        decoding: 'greedy',
        samplesPerQuestion: 1,
        sampling: soar.student.sampling,
        seed: `${seed}/evaluate/promotion-${index}`,
      });
      accuracies.push(meanAndDeviation(accuracy).mean);
      costs.push(cost);
    } finally {
      await student.release();
    }
  }
  return { accuracies, cost: sumCosts(costs) };
}
