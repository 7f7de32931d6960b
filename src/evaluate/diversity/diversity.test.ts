import { describe, expect, it } from 'vitest';
import { embed, similarity } from './embedding.js';
import { diversityOf, vendiScore } from './vendi.js';

describe('the Vendi score', () => {
  it('is 1 for equal texts and n for unrelated ones', () => {
    expect(
      vendiScore([
        [1, 1],
        [1, 1],
      ]),
    ).toBeCloseTo(1);
    expect(
      vendiScore([
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]),
    ).toBeCloseTo(3);
  });
  it('agrees with two texts worked by hand: eigenvalues (1 + c)/2 and (1 - c)/2', () => {
    const c = 0.6;
    const entropy = -(0.8 * Math.log(0.8) + 0.2 * Math.log(0.2));
    expect(
      vendiScore([
        [1, c],
        [c, 1],
      ]),
    ).toBeCloseTo(Math.exp(entropy));
  });
  it('counts groups of equal texts', () => {
    const block = (i: number, j: number) => (Math.floor(i / 3) === Math.floor(j / 3) ? 1 : 0);
    expect(
      vendiScore(Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_, j) => block(i, j)))),
    ).toBeCloseTo(2);
  });
});

it('counts a text that is there several times as one row of that weight', () => {
  const c = 0.6;
  // Three copies of one text and one of another, written out and as weights.
  const copies = [0, 0, 0, 1].map((i) => [0, 0, 0, 1].map((j) => (i === j ? 1 : c)));
  const off = c * Math.sqrt(3);
  expect(
    vendiScore([
      [3, off],
      [off, 1],
    ]),
  ).toBeCloseTo(vendiScore(copies), 10);
});

describe('embeddings', () => {
  it('have unit length and tell texts apart', () => {
    expect(similarity(embed('LRS1234'), embed('LRS1234'))).toBeCloseTo(1);
    expect(similarity(embed('abc'), embed('xyz'))).toBeLessThan(0.2);
    expect(similarity(embed('LRS1234'), embed('LRS1235'))).toBeGreaterThan(similarity(embed('LRS1234'), embed('7+8')));
    expect(similarity(embed(''), embed(''))).toBeCloseTo(1);
  });
});

describe('diversity', () => {
  const many = Array.from({ length: 60 }, (_, i) => `${i * 7919}+${i * 104729}`);
  const vendi = async (texts: readonly string[]) => (await diversityOf(texts, 's')).vendi;
  it('falls when a set collapses, and does not depend on its size', async () => {
    const collapsed = Array.from({ length: 60 }, (_, i) => `?${i % 2}7`);
    expect(await vendi(many)).toBeGreaterThan(3 * (await vendi(collapsed)));
    expect(await diversityOf(['a'], 's')).toEqual({
      vendi: expect.closeTo(1),
      vendiDeviation: expect.closeTo(0),
      distance: 0,
    });
    const twice = await vendi([...many, ...many]);
    expect(Math.abs(twice / (await vendi(many)) - 1)).toBeLessThan(0.1);
  });
  it('is the mean and the deviation of 100 subsamples of 128, as the paper takes them', async () => {
    // Two unrelated texts: the score of a subsample follows from how often each was drawn, Binomial(128, 1/2).
    const two = await diversityOf(['aaaa', 'zzzz'], 's');
    const exact = Array.from({ length: 129 }, (_, m) => ({
      score: vendiScore([
        [m, Math.sqrt(m * (128 - m)) * similarity(embed('aaaa'), embed('zzzz'))],
        [Math.sqrt(m * (128 - m)) * similarity(embed('aaaa'), embed('zzzz')), 128 - m],
      ]),
      chance: Math.exp(logChoose(128, m) - 128 * Math.log(2)),
    }));
    const mean = exact.reduce((sum, { score, chance }) => sum + score * chance, 0);
    const variance = exact.reduce((sum, { score, chance }) => sum + chance * (score - mean) ** 2, 0);
    expect(Math.abs(two.vendi - mean)).toBeLessThan(4 * Math.sqrt(variance / 100));
    expect(two.vendiDeviation).toBeGreaterThan(0.5 * Math.sqrt(variance));
    expect(two.vendiDeviation).toBeLessThan(2 * Math.sqrt(variance));
  });
  it('is the same for the same seed', async () => {
    expect(await diversityOf(many, 's')).toEqual(await diversityOf(many, 's'));
  });
});

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}
