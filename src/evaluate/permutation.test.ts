import { describe, expect, it } from 'vitest';
import { randomStream } from '../rl/random.js';
import { permutationTest } from './permutation.js';

describe('permutationTest', () => {
  it('counts the divisions of the seeds that differ at least as much', () => {
    // {3,4} against {1,2}: of 6 divisions, this one and its mirror image.
    expect(permutationTest([3, 4], [1, 2], 'hand')).toEqual({ p: 2 / 6, exact: true });
    // {1,4} against {2,3}: no difference at all, every division is as far.
    expect(permutationTest([1, 4], [2, 3], 'hand')).toEqual({ p: 1, exact: true });
    // 3 + 3 seeds apart: 2 of C(6,3) = 20.
    expect(permutationTest([0.7, 0.8, 0.9], [0.1, 0.2, 0.3], 'hand')).toEqual({ p: 2 / 20, exact: true });
    // Unequal sizes: {9} against {1,2,3}: means 9 and 2; no other single one is 7 away.
    expect(permutationTest([9], [1, 2, 3], 'hand')).toEqual({ p: 1 / 4, exact: true });
  });

  it('takes ties as ties in spite of rounding', () => {
    expect(permutationTest([0.1 + 0.2, 0.3], [0.3, 0.3], 'ties').p).toBe(1);
  });

  it('samples when there are too many divisions, close to the exact answer and the same every time', () => {
    const stream = randomStream('permutation-test');
    const one = Array.from({ length: 7 }, () => stream.float() + 0.25);
    const other = Array.from({ length: 7 }, () => stream.float());
    const exact = permutationTest(one, other, 'x');
    const sampled = permutationTest(one, other, 'x', 3000);
    expect(exact.exact).toBe(true);
    expect(sampled.exact).toBe(false);
    expect(Math.abs(sampled.p - exact.p)).toBeLessThan(0.03);
    expect(permutationTest(one, other, 'x', 3000)).toEqual(sampled);
  });

  it('never gives 0: the observed division is one of the sampled', () => {
    const far = (value: number) => Array.from({ length: 12 }, (_, i) => value + i / 100);
    expect(permutationTest(far(9), far(0), 'far', 500).p).toBe(1 / 500);
  });

  it('refuses an arm without seeds', () => {
    expect(() => permutationTest([], [1], 'none')).toThrow(expect.objectContaining({ code: 'EVALUATE_COUNTS' }));
  });
});
