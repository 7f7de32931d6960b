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
    expect(await diversityOf(['a'], 's')).toEqual({ vendi: expect.closeTo(1), distance: 0 });
    const twice = await vendi([...many, ...many]);
    expect(Math.abs(twice / (await vendi(many)) - 1)).toBeLessThan(0.1);
  });
  it('is the same for the same seed', async () => {
    expect(await diversityOf(many, 's')).toEqual(await diversityOf(many, 's'));
  });
});
