import type { Arm } from './arm.js';
import { onHardProblems } from './fresh-student.js';

export const hardOnly: Arm = {
  title: 'Hard-Only',
  summary: 'A fresh student trains on the hard problems alone: what the questions are compared with.',
  missing: () => undefined,
  prepare: (unit) => onHardProblems(unit),
};
