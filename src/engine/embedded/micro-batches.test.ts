import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planMicroBatches } from './micro-batches.js';

test('sequences of like length share a micro-batch', () => {
  // Longest first: 10, 9 | 4, 3, 3, 2 with a budget of 20 positions.
  const plan = planMicroBatches([3, 10, 4, 9, 2, 3], 20);
  expect(plan).toEqual([
    { rows: [1, 3], time: 10 },
    { rows: [2, 0, 5, 4], time: 4 },
  ]);
});

test('a sequence over the budget stands alone', () => {
  expect(planMicroBatches([50, 1], 20)).toEqual([
    { rows: [0], time: 50 },
    { rows: [1], time: 1 },
  ]);
});

test('every sequence is in exactly one micro-batch, which it fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 100 }),
      (lengths, tokens) => {
        const plan = planMicroBatches(lengths, tokens);
        expect(plan.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        for (const { rows, time } of plan) {
          expect(time).toBe(Math.max(...rows.map((i) => lengths[i]!)));
          expect(rows.length === 1 || rows.length * time <= tokens).toBe(true);
        }
      },
    ),
    { seed: 7 },
  );
});
