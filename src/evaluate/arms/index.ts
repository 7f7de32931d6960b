/** Every arm by its name in the config. A new arm is a file here, a line here, and its name in `settings.ts`. */
import type { ArmName } from '../settings.js';
import type { Arm } from './arm.js';
import { base } from './base.js';
import { baseT } from './base-t.js';
import { groundedT } from './grounded-t.js';
import { hardOnly } from './hard-only.js';
import { hardOnlyLong } from './hard-only-long.js';
import { hardOnlyX4 } from './hard-only-x4.js';
import { pq } from './pq.js';
import { pqCorrect, pqWellPosed } from './pq-subsets.js';
import { ps } from './ps.js';
import { real, realAll } from './real.js';
import { teacherSolver } from './teacher-solver.js';

export const arms: Readonly<Record<ArmName, Arm>> = {
  base,
  'hard-only': hardOnly,
  'hard-only-x4': hardOnlyX4,
  'hard-only-long': hardOnlyLong,
  'base-t': baseT,
  'grounded-t': groundedT,
  'teacher-solver': teacherSolver,
  pq,
  'pq-correct': pqCorrect,
  'pq-well-posed': pqWellPosed,
  ps,
  real,
  'real-all': realAll,
};
