import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dealOut, planMicroBatches } from './micro-batches.js';

test('sequences of like length share a micro-batch where that saves more than starting one costs', () => {
  // Together: 104 rows of 100 positions, 10,400. Apart: 4 * 100 + 100 * 10 and two starts of 128, 1,656.
  const lengths = [...Array(50).fill(10), 100, 100, 100, 100, ...Array(50).fill(10)];
  const plan = planMicroBatches(lengths, 100_000);
  expect(plan.map((rows) => rows.length)).toEqual([4, 100]);
  expect(plan[0]).toEqual([50, 51, 52, 53]);
});

test('few positions of padding are cheaper than another start', () => {
  expect(planMicroBatches([3, 10, 4, 9, 2, 3], 1000)).toEqual([[1, 3, 2, 0, 5, 4]]);
});

test('the budget cuts', () => {
  expect(planMicroBatches([10, 10, 10, 10], 20)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('no other cut of neighbours is cheaper', () => {
  const cheapest = (lengths: number[], tokens: number): number => {
    if (lengths.length === 0) return 0;
    let best = Number.POSITIVE_INFINITY;
    for (let count = 1; count <= lengths.length; count++) {
      if (count > 1 && count * lengths[0]! > tokens) break;
      best = Math.min(best, count * lengths[0]! + 128 + cheapest(lengths.slice(count), tokens));
    }
    return best;
  };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 9 }), (lengths) => {
      const plan = planMicroBatches(lengths, 600);
      const cost = plan.reduce((sum, rows) => sum + rows.length * lengths[rows[0]!]! + 128, 0);
      expect(cost).toBe(
        cheapest(
          [...lengths].sort((a, b) => b - a),
          600,
        ),
      );
    }),
    { seed: 3 },
  );
});

test('a sequence over the budget stands alone', () => {
  expect(planMicroBatches([50, 1], 20)).toEqual([[0], [1]]);
});

test('every sequence is in exactly one micro-batch, which it fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 100 }),
      (lengths, tokens) => {
        const plan = planMicroBatches(lengths, tokens);
        expect(plan.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        for (const rows of plan) {
          const longest = Math.max(...rows.map((i) => lengths[i]!));
          expect(longest).toBe(lengths[rows[0]!]);
          expect(rows.length === 1 || rows.length * longest <= tokens).toBe(true);
        }
      },
    ),
    { seed: 7 },
  );
});

test('micro-batches are dealt out heaviest first, each to the share that has least', () => {
  // With what starting one costs: 700, 500, 400, 300, 200 -> 700 + 300 and 500 + 400 + 200.
  expect(dealOut([72, 572, 372, 272, 172], 10, 2)).toEqual([1, 0, 1, 1, 0]);
  expect(dealOut([10, 10], 10, 3)).toEqual([0, 1]);
  expect(dealOut([10, 10], 10, 1)).toEqual([0, 0]);
  expect(dealOut([], 10, 2)).toEqual([]);
});

test('micro-batches stay together where their gradients would take more than 64 MB', () => {
  expect(dealOut([10, 10], 2 ** 23, 2)).toEqual([0, 1]);
  expect(dealOut([10, 10], 2 ** 23 + 1, 2)).toEqual([0, 0]);
});
