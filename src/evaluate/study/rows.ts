/**
 * What a study can compare: a row is an arm, fed by a loop (a kind of outer loop with its teacher) where it needs one. Many rows share a
 * loop: one teacher serves PQ, PS and Grounded-T. Pure data.
 */
import { arms } from '../arms/index.js';
import type { ArmName } from '../settings.js';

export interface StudyRow {
  readonly title: string;
  readonly arm: ArmName;
  /** The loop whose teacher, promotions and students it shows; absent for rows that need none. */
  readonly loop?: string;
  /** Questions sampled from its teacher (|X|), in place of `study.questions`. */
  readonly questions?: number;
  /** On the second hard set, which no loop was rewarded on. */
  readonly transfer?: boolean;
}

const plain = (arm: ArmName): StudyRow => ({ title: arms[arm].title, arm });
const of = (loop: string, arm: ArmName, title: string = arms[arm].title): StudyRow => ({ title, arm, loop });
const transferred = (row: StudyRow): StudyRow => ({ ...row, title: `${row.title}, second hard set`, transfer: true });

export const builtInRows = {
  base: plain('base'),
  'hard-only': plain('hard-only'),
  'hard-only-x4': plain('hard-only-x4'),
  'hard-only-long': plain('hard-only-long'),
  'base-t': plain('base-t'),
  'intrinsic-t': of('intrinsic', 'grounded-t', 'Intrinsic-T'),
  'grounded-t': of('soar', 'grounded-t'),
  'grounded-t-no-promotion': of('no-promotion', 'grounded-t', 'Grounded-T, no promotion'),
  'frozen-pq': of('frozen', 'pq', 'PQ of a frozen teacher'),
  pq: of('soar', 'pq'),
  'pq-correct': of('soar', 'pq-correct'),
  'pq-well-posed': of('soar', 'pq-well-posed'),
  ps: of('soar', 'ps'),
  'teacher-solver': of('soar', 'teacher-solver'),
  real: plain('real'),
  'real-all': plain('real-all'),
  'base-transfer': transferred(plain('base')),
  'hard-only-transfer': transferred(plain('hard-only')),
  'pq-transfer': transferred(of('soar', 'pq')),
} satisfies Record<string, StudyRow>;

export type BuiltInRow = keyof typeof builtInRows;
export const builtInRowNames = Object.keys(builtInRows) as BuiltInRow[];

/** What each loop changes in the config. A study may add loops of its own: ablations are such. */
export const builtInLoops = {
  /** SOAR itself. */
  soar: {},
  /** Promotion and selection by the grounded reward alone: the teacher never learns. */
  frozen: { 'soar.teacher.schedule.learningRate': 0 },
  /** The teacher learns against the base model for ever. */
  'no-promotion': { 'soar.promotion.enabled': false },
  /** The teacher is paid for learnability and never sees what its questions do. */
  intrinsic: { 'soar.promotion.enabled': false, 'soar.teacher.reward.kind': 'learnability' },
} satisfies Record<string, Readonly<Record<string, unknown>>>;
