import type { Arm } from './arm.js';
import { onHardProblemsAnd } from './fresh-student.js';
import { noPromotion } from './teacher-questions.js';

export const pq: Arm = {
  title: 'SOAR-PQ',
  summary: 'A fresh student trains on the hard problems and the promotion questions.',
  needsLoop: true,
  missing: ({ promotions }) => (promotions.length === 0 ? noPromotion : undefined),
  prepare: (unit) => onHardProblemsAnd(unit, unit.evaluation.promotions.flat()),
};
