import { expect, it } from 'vitest';
import { worldConditions } from './world-conditions.js';
import type { DesignRow } from './world-design.js';

const row = (part: DesignRow['part'], what: string, ...values: number[]): DesignRow => ({ part, what, values });
const arm = (name: string, ...values: number[]) => row('arm', `${name}, pass@1`, ...values);
const teacher = (name: string, rewards: number[], changed: number) => [
  row('teacher', `${name}: step reward by outer step`, ...rewards),
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
  ...teacher('learning 1', [0.001, 0.003, 0.02, 0.04], 0.3),
  ...teacher('learning 2', [0.02, 0.01, 0.03], 0.25),
  ...teacher('learning 3', [0.04], 0.5),
  ...teacher('frozen', [0.01, 0.01, 0.01], 0.1),
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
  luck: 'PQ beats Hard-Only by luck of no loop',
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
    [names.luck]: '+57.5 %, +80.0 %, +80.0 %',
    [names.learns]: '0.021, 0.020, 0.040 and 0.010',
    [names.kinds]: '30.0 %, 25.0 %, 50.0 % and 10.0 %',
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
  ['rewards that stay', row('teacher', 'learning 2: step reward by outer step', 0.01, 0.01), [names.learns]],
  ['kinds that stay', row('teacher', 'learning 3: questions that changed their kind', 0.19), [names.kinds]],
])('%s', (_, changed, expected) => {
  const rows = good.map((one) =>
    one.part === changed.part && one.what.slice(0, 25) === changed.what.slice(0, 25) ? changed : one,
  );
  expect(rows).toContain(changed);
  expect(failing(rows)).toEqual(expected);
});
