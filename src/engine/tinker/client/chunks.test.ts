import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Datum, TrainingOutput } from '../wire/index.js';
import { chunksOf, datumBytes, mergeOutputs } from './chunks.js';

const datum = (length: number): Datum => ({
  tokens: new Int32Array(length),
  inputs: {
    target_tokens: { dtype: 'int64', data: new Int32Array(length) },
    advantages: { dtype: 'float32', data: new Float32Array(length) },
  },
});

it('counts four bytes for a token and a float, eight for an integer of a tensor', () => {
  expect(datumBytes(datum(10))).toBe(10 * (4 + 8 + 4));
});

describe('chunksOf', () => {
  it('fills each part up to its limits; what is too large goes alone', () => {
    const sizes = [1, 1, 1, 1, 5, 1].map(datum);
    const lengths = (length: number, bytes: number) => chunksOf(sizes, { length, bytes }).map((chunk) => chunk.length);
    expect(lengths(4, 1_000)).toEqual([4, 2]);
    expect(lengths(10, 2 * 16)).toEqual([2, 2, 1, 1]);
    expect(lengths(10, 6 * 16)).toEqual([4, 2]);
  });

  it('keeps every datum, in order, within the limits', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 500 }), (all, length, bytes) => {
        const data = all.map(datum);
        const chunks = chunksOf(data, { length, bytes });
        expect(chunks.flat()).toEqual(data);
        for (const chunk of chunks) {
          expect(chunk.length).toBeLessThanOrEqual(length);
          if (chunk.length > 1) expect(chunk.reduce((sum, one) => sum + datumBytes(one), 0)).toBeLessThanOrEqual(bytes);
        }
      }),
      { seed: 3 },
    );
  });
});

describe('mergeOutputs', () => {
  const output = (datums: number, metrics: Record<string, number>): TrainingOutput => ({
    outputType: 'scalar',
    outputs: Array.from({ length: datums }, () => ({})),
    metrics,
  });

  it('joins outputs in order and metrics as their names say, weighted by the number of datums', () => {
    const merged = mergeOutputs([
      output(1, {
        'loss:sum': 1,
        'kl:mean': 4,
        'a:min': 1,
        'a:max': 1,
        'a:slack': 1,
        'lr:last': 1,
        'h:hash_unordered': 5,
        plain: 0,
      }),
      output(3, {
        'loss:sum': 2,
        'kl:mean': 0,
        'a:min': 2,
        'a:max': 5,
        'a:slack': 5,
        'lr:last': 2,
        'h:hash_unordered': 6,
        plain: 4,
        'rare:mean': 9,
      }),
    ]);
    expect(merged.outputs).toHaveLength(4);
    expect(merged.metrics).toEqual({
      'loss:sum': 3,
      'kl:mean': 1,
      'a:min': 1,
      'a:max': 5,
      'a:slack': 5 - 4,
      'lr:last': 2,
      'h:hash_unordered': 11,
      plain: 3,
      'rare:mean': 9,
    });
  });
});
