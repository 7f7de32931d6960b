/** The training that most arms share: the base model learns by RLOO from the hard problems and, perhaps, a teacher's questions. */
import { type Cost, epochBatches, noCost } from '../../method/index.js';
import type { Problem } from '../../problems/problem.js';
import { freshStudentSettings } from '../settings.js';
import type { ArmUnit, Preparation } from './arm.js';
import { mixture } from './mixture.js';

/** On D_train alone; `groupFactor` multiplies the completions per problem. */
export async function onHardProblems({ evaluation, name }: ArmUnit, groupFactor = 1): Promise<Preparation> {
  const settings = freshStudentSettings(evaluation.soar.student, evaluation.settings, false);
  return {
    policy: await evaluation.policies.base(),
    training: {
      batches: epochBatches(evaluation.hardTrain, settings.promptsPerStep, `${name}/batches`),
      settings: { ...settings, groupSize: settings.groupSize * groupFactor },
    },
    questions: 0,
    cost: noCost,
  };
}

/** On D_train and the questions, as `evaluate.questions` mixes them. */
export async function onHardProblemsAnd(
  { evaluation, name }: ArmUnit,
  questions: readonly Problem[],
  cost: Cost = noCost,
): Promise<Preparation> {
  const { soar, hardTrain, policies, settings: evaluate } = evaluation;
  const settings = freshStudentSettings(soar.student, evaluate, evaluate.questions.mode === 'curriculum');
  const batches = mixture(hardTrain, questions, evaluate.questions, settings.promptsPerStep, `${name}/batches`);
  return { policy: await policies.base(), training: { batches, settings }, questions: questions.length, cost };
}
