import { describe, expect, it } from 'vitest';
import type { ArmResult } from './arm-result.js';
import type { ArmName } from './settings.js';
import { summarize } from './summary.js';

const settings = { ks: [1, 2, 4], bootstrap: { resamples: 500, confidence: 0.95 } };

function result(arm: ArmName, seed: number, successes: readonly number[], tokens = 0): ArmResult {
  const cost = { tokensSampled: tokens, tokensTrained: 0, graded: 0 };
  return { arm, seed, samples: 4, successes, answered: 1, questions: 0, cost };
}

describe('summarize', () => {
  const results = [
    result('pq', 0, [4, 2], 100),
    result('pq', 1, [1, 1], 300),
    result('hard-only', 0, [0, 1]),
    result('hard-only', 1, [0, 0]),
    result('base', 0, [0, 0]),
  ];
  const summary = summarize(results, settings);
  const row = (arm: ArmName) => {
    const found = summary.arms.find((one) => one.arm === arm);
    if (!found) throw new Error(`no row ${arm}`);
    return found;
  };

  it('orders the arms and counts seeds, problems and samples', () => {
    expect(summary.arms.map(({ arm }) => arm)).toEqual(['base', 'hard-only', 'pq']);
    expect(row('pq')).toMatchObject({ title: 'SOAR-PQ', seeds: 2, trains: false, problems: 2, samples: 4 });
    expect(row('pq').cost.tokensSampled).toBe(200);
  });

  it('averages pass@k over problems and seeds, with the deviation over seeds', () => {
    // pass@1: seed 0 (1 + .5)/2 = .75, seed 1 .25: mean .5, deviation sqrt(2 * .25^2). pass@2 of 2 in 4: 1 - 1/6; of 1 in 4: 1/2.
    const [one, two, four] = row('pq').passAtK;
    expect(one.mean).toBeCloseTo(0.5, 12);
    expect(one.deviation).toBeCloseTo(Math.SQRT2 / 4, 12);
    expect(two.mean).toBeCloseTo(((1 + 5 / 6) / 2 + 0.5) / 2, 12);
    expect(four).toEqual({
      mean: 1,
      deviation: 0,
      problemVariance: 0,
      low: expect.closeTo(0.3424, 4),
      high: 1,
      method: 'wilson',
    });
    // Problems: (1 + .25)/2 and (.5 + .25)/2, an eighth to either side of the mean: 2 (1/8)^2 over P - 1.
    expect(one.problemVariance).toBeCloseTo(1 / 32, 12);
    expect(one.low).toBeLessThan(0.5);
    expect(one.high).toBeGreaterThan(0.5);
  });

  it('gives an arm without any success an interval by Wilson over the problems, not a false certainty', () => {
    // 0 of 2: z^2 / (2 + z^2).
    expect(row('base').passAtK[0]).toEqual({
      mean: 0,
      deviation: 0,
      problemVariance: 0,
      low: 0,
      high: expect.closeTo(3.841459 / 5.841459, 5),
      method: 'wilson',
    });
    const zero = row('base').difference?.[0];
    expect(zero?.mean).toBeCloseTo(-0.0625, 12);
    expect(zero?.high).toBeGreaterThan(0.5);
  });

  it('takes differences from Hard-Only, and from nothing when it is not there', () => {
    // Hard-Only pass@1: (.125 + 0)/2.
    expect(row('pq').difference?.[0].mean).toBeCloseTo(0.5 - 0.0625, 12);
    expect(row('hard-only').difference).toBeUndefined();
    expect(summarize([results[0]], settings).arms[0].difference).toBeUndefined();
  });

  it('gives the same table for the same results in any order', () => {
    expect(summarize(results.toReversed(), settings).arms.map(({ arm }) => arm)).toEqual(['base', 'hard-only', 'pq']);
    expect(summarize(results, settings)).toEqual(summary);
  });

  it('refuses results of different problems or numbers of samples', () => {
    const other = result('ps', 0, [1, 2, 3]);
    expect(() => summarize([...results, other], settings)).toThrow(
      expect.objectContaining({ code: 'EVALUATE_RESULTS_DIFFER', where: 'ps, seed 0' }),
    );
  });

  it('refuses a k above the samples', () => {
    expect(() => summarize(results, { ...settings, ks: [8] })).toThrow(
      expect.objectContaining({ code: 'EVALUATE_K_TOO_LARGE' }),
    );
  });
});
