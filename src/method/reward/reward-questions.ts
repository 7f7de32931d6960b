/** Q_R: the hard training questions that the students of one outer step are examined on (method.md 1.3.2). Pure. */
import { SoarError } from '../../errors.js';
import type { Problem } from '../../problems/problem.js';
import { randomStream } from '../../rl/random.js';
import type { RewardSettings } from '../settings.js';

/**
 * `questions` of them, different ones unless with `replacement`; independent from step to step through the seed.
 * @throws SoarError METHOD_TOO_FEW_QUESTIONS
 */
export function drawRewardQuestions(
  hardTrain: readonly Problem[],
  { questions: count, replacement }: Pick<RewardSettings, 'questions' | 'replacement'>,
  seed: string,
): Problem[] {
  const stream = randomStream(`${seed}/reward-questions`);
  if (replacement && hardTrain.length > 0) {
    return Array.from({ length: count }, () => hardTrain[stream.integer(hardTrain.length)] as Problem);
  }
  if (hardTrain.length < count) {
    throw new SoarError(
      'METHOD_TOO_FEW_QUESTIONS',
      `${count} reward questions cannot be drawn from ${hardTrain.length} hard training problems`,
      { remedy: `set soar.reward.questions to at most ${hardTrain.length}, or provide more hard problems` },
    );
  }
  return stream.shuffle(hardTrain).slice(0, count);
}
