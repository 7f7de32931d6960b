import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaveOneOutAdvantages } from './advantages.js';

const groups = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 2, maxLength: 40 });
const seeded = { seed: 20260118, numRuns: 200 };

/** The definition, word by word: the reward less the mean of the others. */
function byDefinition(rewards: readonly number[]): number[] {
  return rewards.map((reward, k) => {
    const others = rewards.filter((_, l) => l !== k);
    return reward - others.reduce((a, b) => a + b, 0) / others.length;
  });
}

describe('leaveOneOutAdvantages', () => {
  it('compares each reward with the mean of the others', () => {
    // 120 - (20+10+0)/3 = 110; 20 - 130/3; 10 - 140/3; 0 - 150/3.
    const advantages = leaveOneOutAdvantages([120, 20, 10, 0]);
    [110, -70 / 3, -110 / 3, -50].forEach((expected, k) => {
      expect(advantages[k]).toBeCloseTo(expected, 12);
    });
  });

  it('divides by the sample standard deviation when standardised', () => {
    // Mean 1, squares 1+1+1+9 = 12, deviation sqrt(12/3) = 2; raw advantages -4/3, -4/3, -4/3, 4.
    const advantages = leaveOneOutAdvantages([0, 0, 0, 4], 'standardised');
    [-2 / 3, -2 / 3, -2 / 3, 2].forEach((expected, k) => {
      expect(advantages[k]).toBeCloseTo(expected, 12);
    });
  });

  it.each(['raw', 'standardised'] as const)('gives exact zeros for equal rewards (%s)', (kind) => {
    expect(leaveOneOutAdvantages([0.1, 0.1, 0.1], kind)).toEqual([0, 0, 0]);
  });

  it('agrees with the definition, and sums to zero', () => {
    fc.assert(
      fc.property(groups, (rewards) => {
        const advantages = leaveOneOutAdvantages(rewards);
        byDefinition(rewards).forEach((expected, k) => {
          expect(advantages[k]).toBeCloseTo(expected, 8);
        });
        expect(advantages.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 8);
      }),
      seeded,
    );
  });

  it('does not change when the same number is added to every reward: the baseline accuracy leaves no trace', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: -100, max: 100 }), (rewards, shift) => {
        const shifted = leaveOneOutAdvantages(rewards.map((reward) => reward + shift));
        leaveOneOutAdvantages(rewards).forEach((expected, k) => {
          expect(shifted[k]).toBeCloseTo(expected, 8);
        });
      }),
      seeded,
    );
  });

  it.each([[[]], [[7]]])('refuses the group %j', (rewards) => {
    expect(() => leaveOneOutAdvantages(rewards)).toThrow(expect.objectContaining({ code: 'RL_GROUP_TOO_SMALL' }));
  });
});
