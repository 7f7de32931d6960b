/** How hard problems and a teacher's questions are put into batches (method.md 4.2, 7.11). Pure. */
import { SoarError } from '../../errors.js';
import { type Batches, curriculumBatches, epochBatches, mixedBatches } from '../../method/index.js';
import type { Problem } from '../../problems/problem.js';
import type { EvaluateSettings } from '../settings.js';

/**
 * Batches of `size`; `seed` names the shuffles. Half and half gives the odd place to the hard problems.
 * @throws SoarError EVALUATE_BATCH_TOO_SMALL when a batch of 1 should be halved.
 */
export function mixture(
  hard: readonly Problem[],
  questions: readonly Problem[],
  settings: EvaluateSettings['questions'],
  size: number,
  seed: string,
): Batches<Problem> {
  const ofHard = (count: number) => epochBatches(hard, count, `${seed}/hard`);
  const ofQuestions = (count: number) => epochBatches(questions, count, `${seed}/questions`);
  if (settings.mode === 'curriculum') {
    return curriculumBatches(ofQuestions(size), settings.curriculumSteps, ofHard(size));
  }
  if (settings.mixing === 'union') return epochBatches([...hard, ...questions], size, `${seed}/union`);
  if (size < 2) {
    throw new SoarError('EVALUATE_BATCH_TOO_SMALL', 'a batch of 1 problem has no half for the questions', {
      where: 'evaluate.training.promptsPerStep',
      remedy: 'set it to 2 or more, or set evaluate.questions.mixing to union',
    });
  }
  return mixedBatches(ofHard(Math.ceil(size / 2)), ofQuestions(Math.floor(size / 2)));
}
