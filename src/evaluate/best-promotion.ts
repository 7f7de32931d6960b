/**
 * Which promoted student stands for the run (arm `ps`): the one with the best greedy accuracy on all of D_train
 * (method.md 4.3, 7.14); the latest on a tie.
 */
import { accuracyByQuestion } from '../method/index.js';
import type { Evaluation, EvaluationMemory } from './evaluation.js';
import { meanAndDeviation } from './moments.js';

/** Number of the promotion, from 0. Measured once, then from memory. */
export async function bestPromotion(
  evaluation: Evaluation,
  memory: Pick<EvaluationMemory, 'promotedAccuracies' | 'recordPromotedAccuracies'>,
): Promise<number> {
  let accuracies = memory.promotedAccuracies();
  if (!accuracies) {
    accuracies = await measure(evaluation);
    await memory.recordPromotedAccuracies(accuracies);
  }
  return bestOf(accuracies);
}

/** @param accuracies by promotion */
export const bestOf = (accuracies: readonly number[]) => accuracies.lastIndexOf(Math.max(...accuracies));

async function measure(evaluation: Evaluation): Promise<number[]> {
  const { policies, promotions, domain, hardTrain, soar, seed } = evaluation;
  const accuracies: number[] = [];
  for (let index = 0; index < promotions.length; index++) {
    const student = await policies.promoted(index);
    try {
      const correct = await accuracyByQuestion(student, hardTrain, {
        domain,
        decoding: 'greedy',
        samplesPerQuestion: 1,
        sampling: soar.student.sampling,
        seed: `${seed}/evaluate/promotion-${index}`,
      });
      accuracies.push(meanAndDeviation(correct).mean);
    } finally {
      await student.release();
    }
  }
  return accuracies;
}
