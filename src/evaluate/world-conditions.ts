/** Which conditions of an honest demonstration the rows of a design check meet. Pure. */
import { meanAndDeviation } from './moments.js';
import { type DesignRow, designLoops, middleLengths, thirds } from './world-design.js';

export interface Condition {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly holds: boolean;
}

/** A student below this pass@1 has not taken off. */
const stalled = 0.1;

/** @param rows all rows of one check */
export function worldConditions(rows: readonly DesignRow[]): Condition[] {
  const of = (part: DesignRow['part'], ...words: string[]): readonly number[] =>
    rows
      .filter((row) => row.part === part && words.every((word) => row.what.includes(word)))
      .flatMap(({ values }) => values);
  const never = of('hard set', '0 of');
  const hardOnly = of('arm', 'hard-only,');
  const x4 = of('arm', 'hard-only-x4,');
  const baseT = of('arm', 'base-t,');
  const pq = of('arm', 'pq,');
  const middle = middleLengths.map((length) => mean(of('oracle', `64 of length ${length}`)));
  const useless = [...of('oracle', '64 irrelevant'), ...of('oracle', 'the hard problems')];
  const last = mean(thirds(of('teacher', 'learning', 'step rewards'))[2]);
  const best = bestThird(of('teacher', 'frozen', 'step rewards'));
  const shift = mean(of('teacher', 'learning', 'changed'));
  const frozenShift = mean(of('teacher', 'frozen', 'changed'));
  const lifts = byLoop(pq).map((values, i) => mean(values) - mean(byLoop(hardOnly)[i] as number[]));
  const few = (values: readonly number[]) => values.filter((value) => value < stalled).length;
  return [
    {
      what: 'the base model fails the hard problems',
      wanted: '0 successes on 90 % of candidates',
      found: percent(mean(never)),
      holds: mean(never) >= 0.9,
    },
    {
      what: 'Hard-Only stalls',
      wanted: 'in 11 of 12 seeds',
      found: `${few(hardOnly)} of ${hardOnly.length}`,
      holds: few(hardOnly) >= Math.ceil((hardOnly.length * 11) / 12),
    },
    {
      what: 'Hard-Only stalls with 4x the group',
      wanted: 'in most seeds',
      found: `${few(x4)} of ${x4.length}`,
      holds: 2 * few(x4) > x4.length,
    },
    {
      what: 'questions of 3, 4, 5 operations lift',
      wanted: 'to 10 % in one inner run, each',
      found: middle.map(percent).join(', '),
      holds: middle.every((value) => value >= 0.1),
    },
    {
      what: 'irrelevant and hard questions do not',
      wanted: 'at most 2 % in every run',
      found: percent(Math.max(...useless)),
      holds: Math.max(...useless) <= 0.02,
    },
    {
      what: 'Base-T is well below PQ, equal size',
      wanted: 'at most half of it',
      found: `${percent(mean(baseT))} and ${percent(mean(pq))}`,
      holds: 2 * mean(baseT) <= mean(pq),
    },
    {
      what: 'PQ beats Hard-Only without luck',
      wanted: 'in each loop, and no student stalls',
      found: `${lifts.map((value) => `${value < 0 ? '' : '+'}${percent(value)}`).join(', ')}; ${few(pq)} of ${pq.length}`,
      holds: lifts.every((value) => value > 0) && few(pq) === 0,
    },
    {
      what: 'the teacher learns',
      wanted: "its last third of rewards twice a frozen one's best",
      found: `${thousandths(last)} and ${thousandths(best)}`,
      holds: last > 0 && last >= 2 * best,
    },
    {
      what: 'its question kinds shift',
      wanted: "first to last third, twice a frozen one's",
      found: `${percent(shift)} and ${percent(frozenShift)}`,
      holds: shift > 0 && shift >= 2 * frozenShift,
    },
  ];
}

const bestThird = (rewards: readonly number[]): number =>
  Math.max(
    ...thirds(rewards)
      .filter(({ length }) => length > 0)
      .map(mean),
  );

/** Seed i belongs to loop i modulo their number. */
function byLoop(values: readonly number[]): number[][] {
  const loops = Math.min(designLoops, values.length);
  return Array.from({ length: loops }, (_, loop) => values.filter((_, i) => i % loops === loop));
}

const mean = (values: readonly number[]): number => meanAndDeviation(values).mean;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const thousandths = (value: number): string => value.toFixed(3);
