import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenChooser } from './sampling.js';

const choose = (options: { temperature?: number; topK?: number; topP?: number }, p: readonly number[], uniform = 0.5) =>
  new TokenChooser({ temperature: 1, ...options }, p.length).choose(Float32Array.from(p), () => uniform);

/** Tokens met when the uniform walks through [0, 1), in order, with their shares in hundredths. */
function shares(options: { topK?: number; topP?: number }, p: readonly number[]): [token: number, share: number][] {
  const counts = new Map<number, number>();
  for (let i = 0; i < 1000; i++) {
    const token = choose(options, p, (i + 0.5) / 1000);
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return Array.from(counts, ([token, count]) => [token, count / 10]);
}

describe('TokenChooser', () => {
  const p = [0.1, 0.4, 0.05, 0.25, 0.2];

  it.each([
    [
      {},
      [
        [0, 10],
        [1, 40],
        [2, 5],
        [3, 25],
        [4, 20],
      ],
    ],
    [
      { topK: 2 },
      [
        [1, 61.5],
        [3, 38.5],
      ],
    ],
    [{ topK: 1 }, [[1, 100]]],
    [
      { topK: 9 },
      [
        [0, 10],
        [1, 40],
        [2, 5],
        [3, 25],
        [4, 20],
      ],
    ],
    // 0.4 is below a half, with 0.25 it is not.
    [
      { topP: 0.5 },
      [
        [1, 61.5],
        [3, 38.5],
      ],
    ],
    [{ topP: 0.39 }, [[1, 100]]],
    [
      { topP: 0.7 },
      [
        [1, 47.1],
        [3, 29.4],
        [4, 23.5],
      ],
    ],
    // Of what top-k kept (0.85) 0.7 is 0.595: 0.4 + 0.25.
    [
      { topK: 3, topP: 0.7 },
      [
        [1, 61.5],
        [3, 38.5],
      ],
    ],
  ])('with %j walks over what is kept, in order of id, by share', (options, expected) => {
    const found = shares(options, p);
    expect(found.map(([token]) => token)).toEqual(expected.map(([token]) => token));
    found.forEach(([, share], i) => {
      expect(Math.abs(share - expected[i][1])).toBeLessThanOrEqual(0.1);
    });
  });

  it('keeps the lower id of two that are as probable', () => {
    expect(shares({ topK: 1 }, [0.2, 0.4, 0.4])).toEqual([[1, 100]]);
    expect(shares({ topP: 0.3 }, [0.2, 0.4, 0.4])).toEqual([[1, 100]]);
  });

  it('takes the most probable at temperature 0, the lowest id of several, and draws nothing', () => {
    const greedy = new TokenChooser({ temperature: 0 }, 4);
    const noDraw = () => {
      throw new Error('drawn');
    };
    expect(greedy.choose(Float32Array.of(0.1, 0.3, 0.3, 0.3), noDraw)).toBe(1);
    expect(greedy.choose(Float32Array.of(0.4, 0.3, 0.2, 0.1), noDraw)).toBe(0);
  });

  it('gives what rounding leaves over to the last token with any probability', () => {
    expect(choose({}, [0.5, 0.4999, 0], 0.99999)).toBe(1);
    expect(choose({ topP: 0.99 }, [0.5, 0.4999, 0], 1 - 2 ** -53)).toBe(1);
  });

  const distribution = fc
    .array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 20 })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b, 0)));
  const unit = fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true });

  it('never takes an impossible token, and a higher uniform never a lower id', () => {
    fc.assert(
      fc.property(
        distribution,
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        unit,
        unit,
        (p, topK, topP, u, v) => {
          const [low, high] = [Math.min(u, v), Math.max(u, v)].map((x) => choose({ topK, topP }, p, x));
          expect(p[low]).toBeGreaterThan(0);
          expect(p[high]).toBeGreaterThan(0);
          expect(low).toBeLessThanOrEqual(high);
        },
      ),
      { seed: 2 },
    );
  });

  it('keeps no token less probable than one that it leaves out', () => {
    fc.assert(
      fc.property(distribution, fc.integer({ min: 1, max: 20 }), unit, (p, topK, u) => {
        const token = choose({ topK }, p, u);
        expect(p.filter((other) => other > p[token]).length).toBeLessThan(topK);
      }),
      { seed: 3 },
    );
  });
});
