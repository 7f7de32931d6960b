import { invariant } from '../../errors.js';
import type { Arm } from './arm.js';
import { missingCount, onQuestionsOf } from './teacher-questions.js';

const noTeacher = 'there is no trained teacher';

export const groundedT: Arm = {
  title: 'Grounded-T',
  summary: 'A fresh student trains on the hard problems and questions sampled from the trained teacher.',
  needsLoop: true,
  missing: (evaluation) => (evaluation.policies.teacher ? missingCount(evaluation) : noTeacher),
  prepare: async (unit) => {
    const teacher = unit.evaluation.policies.teacher;
    invariant(teacher, 'an arm whose needs are missing is not prepared');
    return onQuestionsOf(await teacher(), unit);
  },
};
