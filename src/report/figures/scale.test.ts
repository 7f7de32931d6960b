import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extent, linearScale, niceDomain, ticks } from './scale.js';

describe('scales', () => {
  it('maps ends to ends, upside down as well, and a single value to the middle', () => {
    const scale = linearScale([0, 10], [100, 0]);
    expect([scale(0), scale(10), scale(2.5)]).toEqual([100, 0, 75]);
    expect(linearScale([3, 3], [0, 50])(3)).toBe(25);
  });

  it('marks round values without the dust of binary fractions', () => {
    expect(ticks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks([-0.02, 0.1], 5)).toEqual([0, 0.05, 0.1]);
    expect(ticks([0.13, 0.47], 4)).toEqual([0.2, 0.3, 0.4]);
    expect(ticks([4, 4], 5)).toEqual([4]);
  });

  it('marks whole numbers where only these mean something', () => {
    expect(ticks([-0.3, 2.3], 8, true)).toEqual([0, 1, 2]);
    expect(ticks([0, 40], 8, true)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40]);
  });

  it('widens a domain to round values', () => {
    expect(niceDomain([-0.013, 0.094], 10)).toEqual([-0.02, 0.1]);
    expect(niceDomain([0, 0], 5)).toEqual([0, 1]);
    expect(niceDomain([0.4, 0.4], 5)).toEqual([0, 0.4]);
  });

  it('keeps every value within the widened domain, and its ticks too', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        fc.pre(Math.abs(a - b) > 1e-6);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const domain = niceDomain([low, high], 10);
        const slack = (high - low) * 1e-6;
        expect(domain[0]).toBeLessThanOrEqual(low + slack);
        expect(domain[1]).toBeGreaterThanOrEqual(high - slack);
        const marks = ticks(domain, 5);
        expect(marks.length).toBeGreaterThan(1);
        expect(marks.length).toBeLessThan(8);
        for (const mark of marks) {
          expect(mark).toBeGreaterThanOrEqual(domain[0] - slack);
          expect(mark).toBeLessThanOrEqual(domain[1] + slack);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('ignores what is not finite', () => {
    expect(extent([Number.NaN, 3, -1, Number.POSITIVE_INFINITY])).toEqual([-1, 3]);
    expect(extent([])).toEqual([0, 0]);
  });
});
