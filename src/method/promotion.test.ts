import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPromotion, chooseStudent } from './promotion.js';
import { datasetRewards } from './reward/dataset-reward.js';
import { type PromotionSettings, soarSettingsSchema } from './settings.js';

const settings: PromotionSettings = soarSettingsSchema.parse({}).promotion;
const seeded = { seed: 200, numRuns: 300 };

/** The whole history of checks over step rewards. */
function run(stepMeans: readonly number[], how: PromotionSettings) {
  let window: readonly number[] = [];
  return stepMeans.map((stepMean) => {
    const check = checkPromotion(window, stepMean, how);
    window = check.window;
    return check;
  });
}
const promotedAt = (stepMeans: readonly number[], how = settings) =>
  run(stepMeans, how).flatMap((check, step) => (check.promote ? [step] : []));

describe('checkPromotion', () => {
  it('promotes when the mean of three step rewards is above tau', () => {
    // Means from the third step on: 0.008, then (0.02 - 0.004 + 0.02)/3 = 0.012.
    const checks = run([0.008, 0.02, -0.004, 0.02], settings);
    expect(checks.map((check) => check.promote)).toEqual([false, false, false, true]);
    expect(checks[2].movingAverage).toBeCloseTo(0.008, 12);
    expect(checks[3].movingAverage).toBeCloseTo(0.012, 12);
  });

  it('is strict: a mean of exactly tau does not promote', () => {
    expect(promotedAt([0.25, 0.25, 0.25], { ...settings, threshold: 0.25 })).toEqual([]);
    expect(promotedAt([0.25, 0.25, 0.26], { ...settings, threshold: 0.25 })).toEqual([2]);
  });

  it('waits for a full window, unless told otherwise', () => {
    expect(promotedAt([1, 1, 1])).toEqual([2]);
    expect(promotedAt([1, 0, 0], { ...settings, requireFullWindow: false, clearWindow: false })).toEqual([0, 1, 2]);
  });

  it('starts anew after a promotion, or keeps the window when told to', () => {
    const steady = [0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02];
    expect(promotedAt(steady)).toEqual([2, 5]);
    expect(promotedAt(steady, { ...settings, clearWindow: false })).toEqual([2, 3, 4, 5, 6]);
  });

  it('never promotes when disabled', () => {
    expect(promotedAt([1, 1, 1, 1], { ...settings, enabled: false })).toEqual([]);
  });

  const stepMeans = fc.array(
    fc.integer({ min: -40, max: 40 }).map((quanta) => quanta / 1024),
    { maxLength: 60 },
  );
  const hows = fc.record({
    enabled: fc.constant(true),
    threshold: fc.constantFrom(0, 0.01, 0.015, 0.02),
    window: fc.integer({ min: 1, max: 5 }),
    requireFullWindow: fc.boolean(),
    clearWindow: fc.boolean(),
    median: fc.constant(settings.median),
  });

  it('agrees with the definition over the rewards since the last clearing', () => {
    fc.assert(
      fc.property(stepMeans, hows, (rewards, how) => {
        let since = 0;
        run(rewards, how).forEach((check, step) => {
          const last = rewards.slice(Math.max(since, step - how.window + 1), step + 1);
          const average = last.reduce((a, b) => a + b, 0) / last.length;
          expect(check.movingAverage).toBeCloseTo(average, 12);
          expect(check.promote).toBe((last.length === how.window || !how.requireFullWindow) && average > how.threshold);
          if (check.promote && how.clearWindow) since = step + 1;
        });
      }),
      seeded,
    );
  });

  it('promotions are at least a window apart when it must be full and is cleared', () => {
    fc.assert(
      fc.property(stepMeans, fc.integer({ min: 1, max: 5 }), (rewards, window) => {
        const steps = [-1, ...promotedAt(rewards, { ...settings, window })];
        steps.slice(1).forEach((step, i) => {
          expect(step - steps[i]).toBeGreaterThanOrEqual(window);
        });
      }),
      seeded,
    );
  });
});

describe('chooseStudent', () => {
  const choose = (rewards: number[][], median: PromotionSettings['median'] = 'closest-to-mean') =>
    chooseStudent(rewards, datasetRewards(rewards).datasets, median);

  it('takes the best dataset and its median repeat', () => {
    expect(
      choose([
        [0, 0, 0],
        [0.5, 0.1, 0.2],
        [0.1, 0.1, 0.1],
      ]),
    ).toEqual({ dataset: 1, repeat: 2 });
  });

  it('of four repeats takes the middle one closer to the mean', () => {
    // Middles 0.1 (repeat 3) and 0.3 (repeat 1). Mean (0.8 + 0.3 + 0 + 0.1)/4 = 0.3: the upper one is there.
    expect(choose([[0.8, 0.3, 0, 0.1]]).repeat).toBe(1);
    // Mean (0.35 + 0.3 + 0 + 0.1)/4 = 0.1875: 0.1 is 0.0875 away, 0.3 is 0.1125.
    expect(choose([[0.35, 0.3, 0, 0.1]]).repeat).toBe(3);
    expect(choose([[0.8, 0.3, 0, 0.1]], 'lower').repeat).toBe(3);
    expect(choose([[0.35, 0.3, 0, 0.1]], 'upper').repeat).toBe(1);
  });

  it('takes the lower middle on a tie, rounding notwithstanding', () => {
    // |0.1 - 0.2| and |0.3 - 0.2| differ in the last bit.
    expect(choose([[0.3, 0.1]]).repeat).toBe(1);
    expect(choose([[0.25, 0.5, 0, 0.75]]).repeat).toBe(0);
  });

  it('takes the lowest dataset on a tie, whatever the order of its sum', () => {
    // 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last bit.
    expect(
      choose([
        [0.3, 0.2, 0.1],
        [0.1, 0.2, 0.3],
      ]),
    ).toEqual({ dataset: 0, repeat: 1 });
  });

  it('always promotes a repeat with at least half of the repeats on either side', () => {
    const table = fc.tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([g, r]) =>
      fc.array(
        fc.array(
          fc.integer({ min: -64, max: 64 }).map((q) => q / 64),
          { minLength: r, maxLength: r },
        ),
        {
          minLength: g,
          maxLength: g,
        },
      ),
    );
    fc.assert(
      fc.property(table, fc.constantFrom('closest-to-mean', 'lower', 'upper'), (rewards, median) => {
        const { dataset, repeat } = choose(rewards, median);
        const means = datasetRewards(rewards).datasets;
        expect(means[dataset]).toBe(Math.max(...means));
        expect(means.indexOf(means[dataset])).toBe(dataset);
        const chosen = rewards[dataset][repeat];
        const half = rewards[dataset].length / 2;
        expect(rewards[dataset].filter((reward) => reward <= chosen).length).toBeGreaterThanOrEqual(half);
        expect(rewards[dataset].filter((reward) => reward >= chosen).length).toBeGreaterThanOrEqual(half);
      }),
      seeded,
    );
  });
});
