import type { Arm } from './arm.js';
import { missingCount, onQuestionsOf } from './teacher-questions.js';

export const baseT: Arm = {
  title: 'Base-T',
  summary: 'A fresh student trains on the hard problems and questions of the untrained teacher.',
  missing: missingCount,
  prepare: async (unit) => onQuestionsOf(await unit.evaluation.policies.base(), unit),
};
