/** One colour per arm in all figures. */
import type { ArmName } from '../evaluate/settings.js';
import type { Colour } from './figures/style.js';

export const armColours: Readonly<Record<ArmName, Colour>> = {
  base: 'grey',
  'hard-only': 'orange',
  'hard-only-x4': 'amber',
  'base-t': 'purple',
  'grounded-t': 'sky',
  pq: 'blue',
  ps: 'green',
};
