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

  describe('Proposition 1: what is rejected leaves no trace in the gradient', () => {
    // Four completions, of which the last is malformed: sampled from pi_0, kept when well-formed.
    const all = [0.4, 0.2, 0.1, 0.3];
    const kept = all.map((p, y) => (y === 3 ? 0 : p / 0.7));
    const rewardOf = [1, 0, 0.5];
    /** sum_k w_k A_k grad log p(y_k), by the logits of a softmax: grad log p(y) = onehot(y) - p. */
    const gradient = (said: number[], distribution: number[], weights: number[]) => {
      const advantages = leaveOneOutAdvantages(said.map((y) => rewardOf[y]));
      return distribution.map((p, z) =>
        said.reduce((sum, y, k) => sum + weights[k] * advantages[k] * ((y === z ? 1 : 0) - p), 0),
      );
    };
    const distance = (said: number[], weights: number[]) => {
      const accepted = gradient(said, kept, weights);
      return Math.max(...gradient(said, all, weights).map((value, z) => Math.abs(value - accepted[z])));
    };

    it('holds for equal weights: grad log pi_0 may stand for the gradient of the accepted distribution', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 8 }), (said) => {
          const weights = said.map(() => 1 / said.length);
          expect(distance(said, weights)).toBeLessThan(1e-12);
        }),
        seeded,
      );
    });

    it('fails for weights by length, as in a mean over tokens', () => {
      // Advantages 1 and -1 with weights 1 and 1/4 leave 3/4 of the largest difference, |0.4 - 0.4/0.7| or 0.3: 0.225.
      expect(distance([0, 1], [1, 1 / 4])).toBeCloseTo(0.225, 12);
    });
  });
});
