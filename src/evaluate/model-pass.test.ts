import { expect, it } from 'vitest';
import { modelPassText } from '../report/model-pass.js';
import { modelPass } from './model-pass.js';

const outcomes = [
  { successes: 1, level: '10' },
  { successes: 0, level: '9' },
  { successes: 4, level: '9', subject: 'Algebra' },
];

it('pass@k is the mean over problems of 1 - C(n-c, k) / C(n, k), for all and by group', () => {
  const { rows } = modelPass(outcomes, 4, [1, 2, 4]);
  expect(rows.map(({ by, group, problems }) => `${by} ${group} ${problems}`)).toEqual([
    'all all 3',
    'subject Algebra 1',
    'level 9 2',
    'level 10 1',
  ]);
  // One of four: 1/4, 1 - C(3,2)/C(4,2) = 1/2, 1. None of four: 0. All: 1.
  const means = rows.map(({ passAtK }) => passAtK.map(({ mean }) => mean));
  expect(means[0]).toEqual([(0.25 + 1) / 3, (0.5 + 1) / 3, 2 / 3]);
  expect(means[2]).toEqual([0.5, 0.5, 0.5]);
  expect(means[3]).toEqual([0.25, 0.5, 1]);
});

it('an interval is over problems: Wilson where each is certain, else a bootstrap', () => {
  const certain = Array.from({ length: 10 }, (_, i) => ({ successes: i < 6 ? 4 : 0 }));
  const [all] = modelPass(certain, 4, [2]).rows;
  // Wilson's interval for 6 of 10, worked by hand: 0.3127 to 0.8318.
  expect(all?.passAtK[0]).toMatchObject({ mean: 0.6, low: expect.closeTo(0.3127, 4), high: expect.closeTo(0.8318, 4) });
  const [mixed] = modelPass(outcomes, 4, [1]).rows;
  const { low, high } = mixed?.passAtK[0] ?? { low: 1, high: 0 };
  expect(low).toBeLessThan(1.25 / 3);
  expect(high).toBeGreaterThan(1.25 / 3);
});

it('a k above the samples is refused', () => {
  expect(() => modelPass(outcomes, 4, [1, 8])).toThrow(/pass@8 cannot be estimated from 4 samples/);
});

it('the table has a column for each k, and says what the ranges are', () => {
  const text = modelPassText(modelPass(outcomes, 4, [1, 2]), 80);
  for (const part of ['pass@1', 'pass@2', 'Algebra', '41.7', '50.0', '95 % intervals', '4 completions']) {
    expect(text).toContain(part);
  }
});
