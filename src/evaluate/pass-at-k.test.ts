import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passAtK, passAtKOverProblems } from './pass-at-k.js';

/** The definition: the share of the k-subsets of n completions, the first c correct, that hold a correct one. */
function byEnumeration(c: number, n: number, k: number): number {
  let subsets = 0;
  let hits = 0;
  for (let bits = 0; bits < 2 ** n; bits++) {
    const members = Array.from({ length: n }, (_, i) => i).filter((i) => (bits >> i) & 1);
    if (members.length !== k) continue;
    subsets += 1;
    if (members.some((i) => i < c)) hits += 1;
  }
  return hits / subsets;
}

describe('passAtK', () => {
  it('agrees with the enumeration of all subsets, for every c and k up to n = 8', () => {
    for (let n = 1; n <= 8; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) expect(passAtK(c, n, k)).toBeCloseTo(byEnumeration(c, n, k), 12);
      }
    }
  });

  it('is the share correct at k = 1, "any correct" at k = n, and k/n for a single correct one', () => {
    expect(passAtK(8, 32, 1)).toBeCloseTo(0.25, 12);
    expect(passAtK(1, 32, 32)).toBe(1);
    expect(passAtK(0, 32, 32)).toBe(0);
    expect(passAtK(1, 32, 8)).toBeCloseTo(0.25, 12);
    // 1 - C(30,4)/C(32,4) = 1 - (28*27)/(32*31).
    expect(passAtK(2, 32, 4)).toBeCloseTo(1 - 756 / 992, 12);
  });

  it('holds where binomial coefficients overflow', () => {
    // 1 - (9999/10000 taken without replacement): k/n.
    expect(passAtK(1, 10_000, 5_000)).toBeCloseTo(0.5, 10);
    expect(passAtK(5_000, 10_000, 5_000)).toBe(1);
  });

  it('rises with c and with k', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat(), (n, a, b) => {
        const c = a % n;
        const k = 1 + (b % (n - 1));
        expect(passAtK(c + 1, n, k)).toBeGreaterThanOrEqual(passAtK(c, n, k));
        expect(passAtK(c, n, k + 1)).toBeGreaterThanOrEqual(passAtK(c, n, k) - 1e-12);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('refuses more attempts than samples', () => {
    expect(() => passAtK(1, 16, 32)).toThrow(expect.objectContaining({ code: 'EVALUATE_K_TOO_LARGE' }));
  });

  it.each([
    [-1, 8, 1],
    [9, 8, 1],
    [1.5, 8, 1],
    [1, 8, 0],
  ])('refuses %d correct of %d at k = %d', (c, n, k) => {
    expect(() => passAtK(c, n, k)).toThrow(expect.objectContaining({ code: 'EVALUATE_COUNTS' }));
  });
});

describe('passAtKOverProblems', () => {
  it('gives mean and sample variance over the problems', () => {
    // pass@1 of 0/4, 1/4, 3/4: mean 1/3; squares of 1/3, 1/12, 5/12 over 2: (16 + 1 + 25) / 144 / 2.
    const { mean, variance } = passAtKOverProblems([0, 1, 3], 4, 1);
    expect(mean).toBeCloseTo(1 / 3, 12);
    expect(variance).toBeCloseTo(42 / 288, 12);
    expect(passAtKOverProblems([2], 4, 1).variance).toBe(0);
  });

  it('refuses an empty set', () => {
    expect(() => passAtKOverProblems([], 4, 1)).toThrow(expect.objectContaining({ code: 'EVALUATE_COUNTS' }));
  });
});
