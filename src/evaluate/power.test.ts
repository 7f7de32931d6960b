import { describe, expect, it } from 'vitest';
import { seedsToTell } from './power.js';

describe('seedsToTell', () => {
  it.each([
    // Cohen's tables of the two-sample t test, level .05, power .80: n per group.
    [0.2, 394],
    [0.5, 64],
    [0.8, 26],
    [1, 17],
  ])('finds an effect of %d deviations with %d seeds per arm', (effect, seeds) => {
    expect(seedsToTell(effect, [1, 1])).toBe(seeds);
  });

  it('takes level and power', () => {
    // Tables: d = .5, level .01, power .90: 122 per group (the approximation is within one).
    expect(Math.abs(seedsToTell(0.5, [1, 1], { level: 0.01, power: 0.9 }) - 121)).toBeLessThanOrEqual(1);
  });

  it('needs two seeds when nothing scatters, and no number tells nothing from nothing', () => {
    expect(seedsToTell(0.4, [0, 0])).toBe(2);
    expect(seedsToTell(0, [0.1, 0.1])).toBe(Number.POSITIVE_INFINITY);
    expect(seedsToTell(-0.5, [1, 1])).toBe(64);
  });
});
