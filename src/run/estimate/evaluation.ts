/** What one unit of an evaluation, an arm with a seed, takes. Pure arithmetic on the settings. */
import type { ArmName, EvaluateSettings } from '../../evaluate/settings.js';
import type { SoarSettings } from '../../method/index.js';
import { noWork, sumWork, timesWork, type Work } from '../usage.js';
import type { Assumptions } from './assumptions.js';
import { proposing, sampling, scoring, trainedShare, training } from './loop.js';

interface ArmTraining {
  /** In multiples of the settings' group size and steps. */
  readonly group: number;
  readonly steps: number;
  /** Who writes questions for it: a teacher, anew for every unit; the promotions, which it cannot do without; or nobody. */
  readonly questions?: 'sampled' | 'promoted';
}

const hard: ArmTraining = { group: 1, steps: 1 };

/** Null: the arm trains nothing. */
export const armTraining: Readonly<Record<ArmName, ArmTraining | null>> = {
  base: null,
  'hard-only': hard,
  'hard-only-x4': { ...hard, group: 4 },
  'hard-only-long': { ...hard, steps: 4 },
  'base-t': { ...hard, questions: 'sampled' },
  'grounded-t': { ...hard, questions: 'sampled' },
  'teacher-solver': null,
  pq: { ...hard, questions: 'promoted' },
  'pq-correct': { ...hard, questions: 'promoted' },
  'pq-well-posed': { ...hard, questions: 'promoted' },
  ps: null,
  real: hard,
  'real-all': hard,
};

export interface UnitPlace {
  readonly soar: SoarSettings;
  readonly evaluate: EvaluateSettings;
  readonly hardTest: number;
  /** Questions that a teacher writes where an arm samples some. */
  readonly sampled: number;
  readonly promotions: number;
  /** The built-in world has real problems beside the hard ones, and can tell a good question from a bad one. */
  readonly world: boolean;
}

export interface UnitWork {
  readonly work: Work;
  /** Of the reference policy, where a KL term asks for it. */
  readonly reference: Work;
}

/** Nothing where the arm cannot be run, for want of a promotion or of what only the built-in world has. */
export function unitWork(arm: ArmName, place: UnitPlace, a: Assumptions): UnitWork {
  const { soar, evaluate, hardTest, sampled } = place;
  const { samplesPerProblem, curve, training: how } = evaluate;
  const plan = armTraining[arm];
  if (isMissing(arm, place)) return { work: noWork, reference: noWork };
  const answer = (samples: number) => sampling(hardTest, samples, a.prompts.student, a.tokens.heldOut);
  if (plan === null) return { work: answer(samplesPerProblem), reference: noWork };

  const steps = a.trainingSteps(how.steps * plan.steps);
  const prompts = steps * (how.promptsPerStep ?? soar.student.promptsPerStep);
  const group = (how.groupSize ?? soar.student.groupSize) * plan.group;
  const rollouts = [prompts * group, a.prompts.student, a.tokens.student] as const;
  const looks = curve.every === 0 ? 0 : 1 + Math.floor(steps / curve.every);
  const plateauLooks = how.checkpoint === 'plateau' ? Math.floor(steps / how.plateau.every) : 0;
  return {
    work: sumWork([
      plan.questions === 'sampled' ? proposing(sampled, soar, a) : noWork,
      sampling(prompts, group, a.prompts.student, a.tokens.student),
      timesWork(training(...rollouts, a.readsFirst(soar.student.kl)), trainedShare(soar.student.kl, a)),
      timesWork(answer(curve.samplesPerProblem), looks),
      // Where the reward has levelled off, the last look is the examination.
      timesWork(answer(samplesPerProblem), Math.max(1, plateauLooks)),
    ]),
    reference: scoring(...rollouts, soar.student.kl),
  };
}

function isMissing(arm: ArmName, { sampled, promotions, world }: UnitPlace): boolean {
  const questions = armTraining[arm]?.questions;
  if ((arm === 'ps' || questions === 'promoted') && promotions === 0) return true;
  if (questions === 'sampled' && sampled === 0) return true;
  return !world && ['real', 'real-all', 'pq-correct', 'pq-well-posed'].includes(arm);
}
