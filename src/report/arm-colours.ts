/** One colour per arm in all figures. */
import type { ArmName } from '../evaluate/settings.js';
import type { Colour } from './figures/style.js';

const colours: Readonly<Record<ArmName, Colour>> = {
  base: 'grey',
  'hard-only': 'orange',
  'hard-only-x4': 'amber',
  'base-t': 'purple',
  'grounded-t': 'sky',
  pq: 'blue',
  ps: 'green',
  'hard-only-long': 'ink',
  'teacher-solver': 'ink',
  'pq-correct': 'ink',
  'pq-well-posed': 'ink',
  real: 'ink',
  'real-all': 'ink',
};

/** Rows of a study have names of their own. */
export const colourOf = (arm: string): Colour => colours[arm as ArmName] ?? 'ink';
