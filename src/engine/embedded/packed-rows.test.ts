import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { flatSequences } from './flat-batch.js';
import { longestPackedRow, packingLimits, packRows, segments, singleRows, writeMask } from './packed-rows.js';

/** Prompts of `prompt` tokens named by their first, and completions of the given lengths. */
const sequencesOf = (groups: readonly { prompt: number; completions: readonly number[] }[]) =>
  flatSequences(
    groups.flatMap(({ prompt, completions }, g) =>
      completions.map((length, i) => ({
        tokens: Int32Array.from({ length: prompt + length }, (_, t) => (t < prompt ? 100 * g + t : 1000 * i + t)),
        promptLength: prompt,
      })),
    ),
  );
const all = (count: number) => Array.from({ length: count }, (_, i) => i);
const free = { positions: 1000, pair: 0 };

describe('rows of a prompt', () => {
  it('hold all of its completions where pairs cost nothing', () => {
    const sequences = sequencesOf([
      { prompt: 5, completions: [2, 3, 1] },
      { prompt: 4, completions: [6] },
    ]);
    expect(packRows(sequences, all(4), free)).toEqual([
      { members: [0, 1, 2], shared: 4, length: 4 + 2 + 3 + 1 },
      { members: [3], shared: 3, length: 3 + 6 },
    ]);
  });

  it('are as short as is allowed, and even', () => {
    const sequences = sequencesOf([{ prompt: 5, completions: [4, 4, 4, 4] }]);
    // Three would fit into 16 positions; of two rows each has two.
    expect(packRows(sequences, all(4), { positions: 16, pair: 0 }).map(({ members }) => members)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(packRows(sequences, all(4), { positions: 8, pair: 0 })).toEqual(singleRows(sequences, all(4)));
  });

  it('are single where the pairs of a long row cost more than the prompt', () => {
    const sequences = sequencesOf([{ prompt: 2, completions: [50, 50] }]);
    // Apart 2 * 51 * (1 + .01 * 51) = 154; together 101 * (1 + .01 * 101) = 203.
    expect(packRows(sequences, all(2), { positions: 1000, pair: 0.01 })).toHaveLength(2);
    // With a prompt of 101: apart 2 * 150 * 2.5 = 750; together 200 * 3 = 600.
    const long = sequencesOf([{ prompt: 101, completions: [50, 50] }]);
    expect(packRows(long, all(2), { positions: 1000, pair: 0.01 })).toHaveLength(1);
  });

  it('of a prompt of one token share nothing, and are single', () => {
    const sequences = sequencesOf([{ prompt: 1, completions: [9, 9] }]);
    expect(packRows(sequences, all(2), free)).toEqual(singleRows(sequences, all(2)));
  });

  it('take each sequence once, within the limit, and never compute more than single ones', () => {
    const group = fc.record({
      prompt: fc.integer({ min: 1, max: 30 }),
      completions: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 4 }), fc.integer({ min: 5, max: 120 }), (groups, positions) => {
        const sequences = sequencesOf(groups);
        const among = all(groups.flatMap(({ completions }) => completions).length);
        const rows = packRows(sequences, among, { positions, pair: 0.001 });
        expect(rows.flatMap(({ members }) => members).sort((a, b) => a - b)).toEqual(among);
        for (const { members, length } of rows) expect(members.length === 1 || length <= positions).toBe(true);
        const total = (list: typeof rows) => list.reduce((sum, { length }) => sum + length, 0);
        expect(total(rows)).toBeLessThanOrEqual(total(singleRows(sequences, among)));
      }),
      { seed: 11 },
    );
  });
});

it('a pair costs what attention adds to the matrices of a layer', () => {
  // Matrices 8 * (2 * 2 + 2 * 1) * 4 + 3 * 8 * 16 = 576; a pair 2 * 2 * 4 = 16, counted thrice.
  const shape = {
    hiddenSize: 8,
    heads: 2,
    kvHeads: 1,
    headSize: 4,
    intermediateSize: 16,
    contextLength: 100,
  } as LlamaShape;
  expect(packingLimits(shape, 128)).toEqual({ positions: 100, pair: 48 / 576 });
  expect(packingLimits({ ...shape, contextLength: 2000 }, 1000).positions).toBe(longestPackedRow);
});

it('a completion sees the prompt and itself, and nobody sees the padding', () => {
  const row = { members: [0, 1], shared: 2, length: 6 };
  const of = segments(row, [3, 1], 7);
  expect([...of]).toEqual([-1, -1, 0, 0, 0, 1, 2]);
  const mask = new Float32Array(2 * 49);
  writeMask(mask, of, 2);
  const lines = Array.from({ length: 14 }, (_, q) =>
    Array.from(mask.subarray(7 * q, 7 * q + 7), (value) => (value === 0 ? 'x' : '.')).join(''),
  );
  const expected = ['x......', 'xx.....', 'xxx....', 'xxxx...', 'xxxxx..', 'xx...x.', 'xx....x'];
  expect(lines).toEqual([...expected, ...expected]);
});
