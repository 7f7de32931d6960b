import type { Arm } from './arm.js';
import { onHardProblems } from './fresh-student.js';

export const hardOnlyX4: Arm = {
  title: 'Hard-Only, 4x group',
  summary: 'Hard-Only with four times the completions per problem: does more sampling do what the questions do?',
  missing: () => undefined,
  prepare: (unit) => onHardProblems(unit, 4),
};
