/**
 * REINFORCE Leave-One-Out advantages (Ahmadian et al. 2024; method.md 1.4): each member of a group is compared with the
 * mean of the others, A_k = R_k - (1/(G-1)) sum_{l != k} R_l. They sum to zero, which is what lets rejection sampling
 * leave the gradient unchanged (the paper's Proposition 1). Pure.
 */
import { SoarError } from '../errors.js';

/**
 * - `raw`: the advantages as defined above, on the scale of the rewards.
 * - `standardised`: divided by the rewards' sample standard deviation (denominator G-1); all zero when the rewards are equal.
 */
export type AdvantageKind = 'raw' | 'standardised';

/**
 * Advantages of one group, in the order of its rewards; equal rewards give exact zeros.
 * @throws SoarError RL_GROUP_TOO_SMALL below two rewards: there is no other to compare with.
 */
export function leaveOneOutAdvantages(rewards: readonly number[], kind: AdvantageKind = 'raw'): number[] {
  const size = rewards.length;
  if (size < 2) {
    throw new SoarError('RL_GROUP_TOO_SMALL', `a leave-one-out group needs at least 2 rewards and has ${size}`, {
      remedy: 'raise the group size (soar.student.groupSize) or the number of datasets (soar.datasets) to 2 or more',
    });
  }
  const first = rewards[0];
  if (rewards.every((reward) => reward === first)) return rewards.map(() => 0);
  let sum = 0;
  for (const reward of rewards) sum += reward;
  // R_k - (sum - R_k)/(G-1) = (R_k - mean) * G/(G-1).
  const mean = sum / size;
  const scale = kind === 'raw' ? size / (size - 1) : size / (size - 1) / sampleDeviation(rewards, mean);
  return rewards.map((reward) => (reward - mean) * scale);
}

function sampleDeviation(values: readonly number[], mean: number): number {
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
