import { expect, test } from 'vitest';
import { flatSequences } from './flat-batch.js';
import { identicalSequences } from './identical-sequences.js';

const sequences = flatSequences([
  { tokens: Int32Array.of(1, 2, 3), promptLength: 1 },
  { tokens: Int32Array.of(1, 2), promptLength: 1 },
  { tokens: Int32Array.of(1, 2, 3), promptLength: 1 },
  // The same tokens, but another completion.
  { tokens: Int32Array.of(1, 2, 3), promptLength: 2 },
  { tokens: Int32Array.of(1, 2), promptLength: 1 },
  { tokens: Int32Array.of(1, 2, 3), promptLength: 1 },
]);
const all = [0, 1, 2, 3, 4, 5];

test('groups hold the same tokens and prompt length, in order of their first', () => {
  expect(identicalSequences(sequences, all)).toEqual([[0, 2, 5], [1, 4], [3]]);
});

test('only the indices asked for are looked at', () => {
  expect(identicalSequences(sequences, [5, 4, 0])).toEqual([[5, 0], [4]]);
  expect(identicalSequences(sequences, [])).toEqual([]);
});

test('numbers that must agree too part what differs in the last bit', () => {
  const numbers = [0.1, 0.2, 0.1, 0.3, 0.2, 0.1 + 1e-8].map((x) => Float32Array.of(x, 0));
  expect(identicalSequences(sequences, all, (i) => numbers[i]!)).toEqual([[0, 2], [1, 4], [3], [5]]);
});

test('tokens beyond one byte are told apart', () => {
  const wide = flatSequences([
    { tokens: Int32Array.of(1, 256), promptLength: 1 },
    { tokens: Int32Array.of(1, 0), promptLength: 1 },
    { tokens: Int32Array.of(257, 0), promptLength: 1 },
  ]);
  expect(identicalSequences(wide, [0, 1, 2])).toEqual([[0], [1], [2]]);
});
