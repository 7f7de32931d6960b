import { describe, expect, it } from 'vitest';
import type { Problem } from '../../problems/problem.js';
import { evaluateSettingsSchema } from '../settings.js';
import { mixture } from './mixture.js';

const problems = (prefix: string, count: number): Problem[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${i}`,
    question: `${prefix}${i}`,
    gold: '0',
    source: 'test',
  }));
const hard = problems('h', 6);
const questions = problems('q', 18);

function batches(input: object, size: number) {
  const settings = evaluateSettingsSchema.parse({ questions: input }).questions;
  const of = mixture(hard, questions, settings, size, 'mixture');
  return (step: number) => of(step).map(({ id }) => id);
}
const hardOnes = (ids: readonly string[]) => ids.filter((id) => id.startsWith('h')).length;

describe('mixture', () => {
  it('goes through the union, each problem once per epoch', () => {
    const of = batches({ mixing: 'union' }, 8);
    const epoch = [0, 1, 2].flatMap(of);
    expect(new Set(epoch).size).toBe(24);
    expect(hardOnes(epoch)).toBe(6);
  });

  it('halves every batch, the odd place to the hard problems', () => {
    const even = batches({ mixing: 'half' }, 8);
    const odd = batches({ mixing: 'half' }, 5);
    for (let step = 0; step < 10; step++) {
      expect(hardOnes(even(step))).toBe(4);
      expect(hardOnes(odd(step))).toBe(3);
    }
    // Both parts go through their own epochs: 3 steps of 2 questions from 18 are 6 different ones.
    expect(new Set([0, 1, 2].flatMap(odd).filter((id) => id.startsWith('q'))).size).toBe(6);
  });

  it('starts with the questions alone in a curriculum, then the hard problems alone', () => {
    const of = batches({ mode: 'curriculum', curriculumSteps: 2 }, 6);
    expect([0, 1, 2, 3].map((step) => hardOnes(of(step)))).toEqual([0, 0, 6, 6]);
    expect(new Set(of(2)).size).toBe(6);
  });

  it('cannot halve a batch of 1', () => {
    expect(() => batches({ mixing: 'half' }, 1)).toThrow(expect.objectContaining({ code: 'EVALUATE_BATCH_TOO_SMALL' }));
  });
});
