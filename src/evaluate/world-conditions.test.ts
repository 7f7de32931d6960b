import { expect, it } from 'vitest';
import { worldConditions } from './world-conditions.js';
import type { DesignRow } from './world-design.js';

const row = (part: DesignRow['part'], what: string, ...values: number[]): DesignRow => ({ part, what, values });
const arm = (name: string, ...values: number[]) => row('arm', `${name}, pass@1`, ...values);
const teacher = (name: string, rewards: number[], changed: number) => [
  row('teacher', `${name}: step rewards`, ...rewards),
  row('teacher', `${name}: questions that changed their kind`, changed),
];

/** A world that is as it should be; seeds 0 and 3 belong to the first loop, and so on. */
const good: readonly DesignRow[] = [
  row('success by length', '3', 0.2),
  row('hard set', '0 of 128, share of 200 candidates', 0.95),
  row('oracle', '64 of length 3', 0.4, 0.5, 0.6),
  row('oracle', '64 of length 4', 0.05, 0.15, 0.2),
  row('oracle', '64 of length 5', 0.3, 0.3, 0.3),
  row('oracle', '8 of length 3 among 64', 0, 0, 0),
  row('oracle', '64 irrelevant', 0, 0.01, 0),
  row('oracle', '64 of length 1 and 2', 0.5, 0.5, 0.5),
  row('oracle', 'the hard problems', 0, 0, 0.02),
  ...teacher('learning', [0.001, 0.09, 0.02, 0.02, 0.02, 0.034], 0.3),
  // By thirds: .0055, .013, .002.
  ...teacher('frozen', [0.001, 0.01, 0.02, 0.006, 0.002, 0.002], 0.1),
  row('loop', '1: step rewards', 0.01, 0.04),
  arm('hard-only', 0, 0, 0, 0.9, 0, 0, 0, 0, 0, 0, 0, 0),
  arm('hard-only-x4', 0, 0, 0, 0.9, 0.9, 0.9, 0.9, 0.9, 0, 0, 0, 0),
  arm('base-t', 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4),
  arm('pq', 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8),
];

const names = {
  hardSet: 'the base model fails the hard problems',
  stalls: 'Hard-Only stalls',
  stallsX4: 'Hard-Only stalls with 4x the group',
  middle: 'questions of 3, 4, 5 operations lift',
  useless: 'irrelevant and hard questions do not',
  baseT: 'Base-T is well below PQ, equal size',
  luck: 'PQ beats Hard-Only without luck',
  learns: 'the teacher learns',
  kinds: 'its question kinds shift',
};

const failing = (rows: readonly DesignRow[]) =>
  worldConditions(rows)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

it('finds every condition met where it is, with the figures behind it', () => {
  const conditions = worldConditions(good);
  expect(conditions.map(({ what }) => what)).toEqual(Object.values(names));
  expect(failing(good)).toEqual([]);
  expect(Object.fromEntries(conditions.map(({ what, found }) => [what, found]))).toEqual({
    [names.hardSet]: '95.0 %',
    [names.stalls]: '11 of 12',
    [names.stallsX4]: '7 of 12',
    [names.middle]: '50.0 %, 13.3 %, 30.0 %',
    [names.useless]: '2.0 %',
    [names.baseT]: '40.0 % and 80.0 %',
    [names.luck]: '+57.5 %, +80.0 %, +80.0 %; 0 of 12',
    [names.learns]: '0.027 and 0.013',
    [names.kinds]: '30.0 % and 10.0 %',
  });
});

it.each<[string, DesignRow, string[]]>([
  [
    'hard problems that are solved now and then',
    row('hard set', '0 of 128, share of 200 candidates', 0.89),
    [names.hardSet],
  ],
  ['Hard-Only that takes off twice', arm('hard-only', 0, 0.1, 0, 0.9, 0, 0, 0, 0, 0, 0, 0, 0), [names.stalls]],
  ['half of the large groups', arm('hard-only-x4', 0.9, 0.9, 0, 0), [names.stallsX4]],
  ['useful questions that lift nothing', row('oracle', '64 of length 4', 0, 0.1, 0.1), [names.middle]],
  ['irrelevant questions that lift', row('oracle', '64 irrelevant', 0, 0, 0.03), [names.useless]],
  ['a base teacher as good', arm('base-t', 0.41, 0.41, 0.41), [names.baseT]],
  ['a loop without promotion', arm('pq', 0, 0.9, 0.9, 0, 0.9, 0.9), [names.baseT, names.luck]],
  ['one PQ student that stalls', arm('pq', 0.95, 0.95, 0.95, 0.95, 0.95, 0.09), [names.luck]],
  ['rewards that stay', row('teacher', 'learning: step rewards', 0.09, 0.09, 0.09, 0.09, 0.025, 0.026), [names.learns]],
  ['kinds that stay', row('teacher', 'learning: questions that changed their kind', 0.19), [names.kinds]],
])('%s', (_, changed, expected) => {
  const rows = good.map((one) =>
    one.part === changed.part && one.what.slice(0, 20) === changed.what.slice(0, 20) ? changed : one,
  );
  expect(rows).toContain(changed);
  expect(failing(rows)).toEqual(expected);
});

it.each([
  [1, 0, true],
  [1, 1, false],
  [4, 1, false],
  [12, 1, true],
  [12, 2, false],
  [24, 2, true],
])('of %d seeds of Hard-Only %d may take off: %s', (seeds, off, holds) => {
  const values = Array.from({ length: seeds }, (_, i) => (i < off ? 0.9 : 0));
  const arms = [arm('hard-only', ...values), arm('pq', ...values.map(() => 0.8))];
  const rows = good.map((one) => arms.find(({ what }) => what === one.what) ?? one);
  expect(worldConditions(rows).find(({ what }) => what === names.stalls)?.holds).toBe(holds);
});
