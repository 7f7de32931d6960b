import type { Arm } from './arm.js';
import { onHardProblems } from './fresh-student.js';

/** As the extra group of the other control: four times the completions, here as four times the steps. */
const factor = 4;

export const hardOnlyLong: Arm = {
  title: 'Hard-Only, 4x steps',
  summary: 'Hard-Only for four times as many steps: does patience do what the questions do?',
  missing: () => undefined,
  prepare: async (unit) => {
    const prepared = await onHardProblems(unit);
    const steps = unit.evaluation.settings.training.steps * factor;
    return { ...prepared, ...(prepared.training && { training: { ...prepared.training, steps } }) };
  },
};
