import { invariant } from '../../errors.js';
import { noCost } from '../../method/index.js';
import type { Arm } from './arm.js';

export const teacherSolver: Arm = {
  title: 'Teacher as solver',
  summary: 'The trained teacher answers the held-out problems itself: has it learned to solve, or to teach?',
  needsLoop: true,
  missing: ({ policies }) => (policies.teacher ? undefined : 'there is no trained teacher'),
  prepare: async ({ evaluation }) => {
    const { teacher } = evaluation.policies;
    invariant(teacher, 'an arm whose needs are missing is not prepared');
    return { policy: await teacher(), questions: 0, cost: noCost };
  },
};
