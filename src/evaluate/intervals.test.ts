import { describe, expect, it } from 'vitest';
import { bootstrapDifference, bootstrapMean, combinedDifference, wilson } from './intervals.js';

const settings = { resamples: 4000, confidence: 0.95 };
const halves = Array.from({ length: 100 }, (_, p) => p % 2);

describe('bootstrapMean', () => {
  it('meets the binomial quantiles when one seed solves every other of 100 problems', () => {
    // The resampled mean is Binomial(100, 1/2) / 100; tables: P(X <= 41) = .044, P(X <= 42) = .067, and so with 58.
    const interval = bootstrapMean([halves], { resamples: 20_000, confidence: 0.9 }, 'binomial');
    expect(interval).toEqual({ low: 0.42, high: 0.58 });
  });

  it('resamples whole seeds: one that solves all beside one that solves none may be drawn twice', () => {
    // The mean is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4.
    const outcomes = [new Array(50).fill(0), new Array(50).fill(1)];
    expect(bootstrapMean(outcomes, settings, 'seeds')).toEqual({ low: 0, high: 1 });
    const half = bootstrapMean(outcomes, { ...settings, confidence: 0.4 }, 'seeds');
    expect(half).toEqual({ low: 0.5, high: 0.5 });
  });

  it('is wider than if the problems of a seed were independent: problems hang together over seeds', () => {
    // Four seeds that agree on every problem tell no more than one.
    const one = bootstrapMean([halves], settings, 'width');
    const four = bootstrapMean([halves, halves, halves, halves], settings, 'width');
    expect(four.high - four.low).toBeCloseTo(one.high - one.low, 1);
    expect(four.high - four.low).toBeGreaterThan(0.15);
  });

  it('is a function of the name of its stream', () => {
    const outcomes = [
      [0.1, 0.7, 0.3],
      [0.2, 0.9, 0.4],
    ];
    expect(bootstrapMean(outcomes, settings, 'a')).toEqual(bootstrapMean(outcomes, settings, 'a'));
    expect(bootstrapMean(outcomes, settings, 'a')).not.toEqual(bootstrapMean(outcomes, settings, 'b'));
  });
});

describe('bootstrapDifference', () => {
  it('pairs by problem: a gain that is the same on each problem is certain, however the problems vary', () => {
    const gained = halves.map((outcome) => outcome + 0.1);
    const { low, high } = bootstrapDifference([gained], [halves], settings, 'paired');
    expect(low).toBeCloseTo(0.1, 12);
    expect(high).toBeCloseTo(0.1, 12);
  });

  it('draws the seeds of the two arms apart', () => {
    // Arm: seeds 0 and 1; reference: seeds 0 and 1. Differences -1 to 1, both ends with probability 1/16.
    const outcomes = [new Array(20).fill(0), new Array(20).fill(1)];
    expect(bootstrapDifference(outcomes, outcomes, settings, 'apart')).toEqual({ low: -1, high: 1 });
  });
});

describe('wilson', () => {
  it('gives the published intervals', () => {
    // 0 of n: the upper end is z^2 / (n + z^2) = 3.841459 / 13.841459.
    expect(wilson(0, 10, 0.95).low).toBe(0);
    expect(wilson(0, 10, 0.95).high).toBeCloseTo(0.277533, 6);
    // 81 of 263 (Newcombe 1998, table I, method 3): 0.2553 to 0.3662.
    expect(wilson(81, 263, 0.95).low).toBeCloseTo(0.2553, 4);
    expect(wilson(81, 263, 0.95).high).toBeCloseTo(0.3662, 4);
    expect(wilson(10, 10, 0.95).high).toBe(1);
  });
});

describe('combinedDifference', () => {
  it('gives the published interval', () => {
    // 56 of 70 less 48 of 80 (Newcombe 1998, part two, table II, method 10): 0.0524 to 0.3339.
    const one = { mean: 0.8, ...wilson(56, 70, 0.95) };
    const other = { mean: 0.6, ...wilson(48, 80, 0.95) };
    const { low, high } = combinedDifference(one, other);
    expect(low).toBeCloseTo(0.0524, 4);
    expect(high).toBeCloseTo(0.3339, 4);
  });
});
