import { describe, expect, it } from 'vitest';
import { coldStart, type ScreenedOutcome } from './cold-start.js';

const outcome = (successes: number, first: number | null, level?: string): ScreenedOutcome => ({
  attempts: 16,
  successes,
  first,
  level,
});
const all = { attempts: 16, stopAtFirstSuccess: false };
const means = (rows: readonly ScreenedOutcome[], settings = all) =>
  coldStart(rows, settings).rows[0]?.none.map(({ mean }) => mean);

describe('the cold-start audit', () => {
  it('estimates without bias from all attempts: C(n-c, k) / C(n, k)', () => {
    // c = 1 of 16: 15/16 and 8/16; c = 0: always.
    expect(coldStart([outcome(1, 16)], all).ks).toEqual([1, 8, 16]);
    expect(means([outcome(1, 16), outcome(0, null)])).toEqual([(15 / 16 + 1) / 2, (0.5 + 1) / 2, 0.5]);
    expect(means([outcome(16, 1)])).toEqual([0, 0, 0]);
  });

  it('looks at the first attempts where they ended with a success', () => {
    const stopped = { attempts: 16, stopAtFirstSuccess: true };
    expect(means([outcome(1, 1), outcome(1, 9), outcome(0, null), outcome(2, 8)], stopped)).toEqual([
      3 / 4,
      2 / 4,
      1 / 4,
    ]);
  });

  it('has intervals: Wilson where every problem is certain, else over problems drawn anew', () => {
    const rows = [...Array(6).fill(outcome(0, null)), ...Array(4).fill(outcome(16, 1))];
    for (const { mean, low, high } of coldStart(rows, all).rows[0]!.none) {
      // Wilson's interval for 6 of 10, worked by hand: 0.3127 to 0.8318.
      expect([mean, low.toFixed(4), high.toFixed(4)]).toEqual([0.6, '0.3127', '0.8318']);
    }
    const [one] = coldStart([outcome(8, 1), outcome(0, null), outcome(4, 2)], all).rows[0]!.none;
    expect(one!.low).toBeGreaterThanOrEqual(0.5);
    expect(one!.high).toBeLessThanOrEqual(1);
    expect(one!.low).toBeLessThan(one!.mean);
    expect(one!.high).toBeGreaterThan(one!.mean);
  });

  it('goes by subject and by level, numbers in order', () => {
    const rows = ['10', '9', '9'].map((level) => ({ ...outcome(0, null, level), subject: 'Algebra' }));
    const found = coldStart([...rows, outcome(16, 1)], all).rows.map(
      ({ by, group, problems }) => `${by} ${group} ${problems}`,
    );
    expect(found).toEqual(['all all 4', 'subject Algebra 3', 'level 9 2', 'level 10 1']);
  });
});
