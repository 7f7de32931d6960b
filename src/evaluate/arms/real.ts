/** What real problems with right answers would do: an upper bound for questions that a teacher makes up. */
import { randomStream } from '../../rl/random.js';
import type { EvaluationPlan } from '../evaluation.js';
import type { Arm } from './arm.js';
import { onHardProblemsAnd } from './fresh-student.js';

const missing = ({ realProblems = [] }: Pick<EvaluationPlan, 'realProblems'>): string | undefined =>
  realProblems.length === 0 ? 'there are no real problems beside the hard ones' : undefined;

export const real: Arm = {
  title: 'Real problems',
  summary: 'A fresh student trains on the hard problems and some real ones, drawn anew for each seed.',
  missing,
  prepare: (unit) => {
    const { realProblems = [], settings } = unit.evaluation;
    const drawn = randomStream(`${unit.name}/real`).shuffle(realProblems).slice(0, settings.questions.real);
    return onHardProblemsAnd(unit, drawn);
  },
};

export const realAll: Arm = {
  title: 'All real problems',
  summary: 'A fresh student trains on the hard problems and all real ones that there are.',
  missing,
  prepare: (unit) => onHardProblemsAnd(unit, unit.evaluation.realProblems ?? []),
};
