import { expect, it } from 'vitest';
import { klShapedReward, sequenceKl } from './kl-reward.js';

it('sums the log ratio over a completion and takes beta times it off the reward', () => {
  // (-1 + 2) + (-0.5 + 0.25) = 0.75; 20 - 2 * 0.75.
  const kl = sequenceKl([-1, -0.5], [-2, -0.25]);
  expect(kl).toBe(0.75);
  expect(klShapedReward(20, 2, kl)).toBe(18.5);
});

it('is zero against itself and for an empty completion', () => {
  expect(sequenceKl([-1, -3], [-1, -3])).toBe(0);
  expect(sequenceKl([], [])).toBe(0);
});
