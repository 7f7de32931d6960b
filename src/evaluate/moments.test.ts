import { describe, expect, it } from 'vitest';
import { meanAndDeviation, normalQuantile, quantile } from './moments.js';

describe('moments', () => {
  it('gives the sample deviation, and 0 for one value', () => {
    // Mean 5, squares 9+1+1+1+0+0+4+16 = 32 over 7.
    const { mean, deviation } = meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(mean).toBe(5);
    expect(deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(meanAndDeviation([3])).toEqual({ mean: 3, deviation: 0 });
  });

  it('interpolates between order statistics', () => {
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0.9)).toBeCloseTo(3.7, 12);
    expect(quantile([7], 0.3)).toBe(7);
  });

  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.025, -1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.8413447460685429, 1],
  ])('finds the normal quantile of %d (tables)', (share, z) => {
    expect(normalQuantile(share)).toBeCloseTo(z, 9);
  });
});
