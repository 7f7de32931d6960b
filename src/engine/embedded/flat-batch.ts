/**
 * Lists of token arrays as a few flat arrays: what crosses the thread boundary. One transfer instead of thousands of
 * small copies.
 */
import type { Completion, Sequence, Tokens } from '../engine.js';

/** Ragged rows in one array: row i is data[ends[i - 1] .. ends[i]). */
export interface Ragged<T extends Int32Array | Float32Array> {
  readonly data: T;
  readonly ends: Int32Array;
}

export function raggedTokens(rows: readonly Tokens[]): Ragged<Int32Array> {
  const ends = endsOf(rows);
  const data = new Int32Array(ends.at(-1) ?? 0);
  rows.forEach((row, i) => {
    data.set(row, i === 0 ? 0 : ends[i - 1]);
  });
  return { data, ends };
}

export function raggedFloats(rows: readonly Float32Array[]): Ragged<Float32Array> {
  const ends = endsOf(rows);
  const data = new Float32Array(ends.at(-1) ?? 0);
  rows.forEach((row, i) => {
    data.set(row, i === 0 ? 0 : ends[i - 1]);
  });
  return { data, ends };
}

function endsOf(rows: readonly ArrayLike<number>[]): Int32Array {
  const ends = new Int32Array(rows.length);
  let end = 0;
  rows.forEach((row, i) => {
    end += row.length;
    ends[i] = end;
  });
  return ends;
}

/** Row i, a view. */
export function row<T extends Int32Array | Float32Array>(ragged: Ragged<T>, i: number): T {
  return ragged.data.subarray(i === 0 ? 0 : ragged.ends[i - 1], ragged.ends[i]) as T;
}

export const rowCount = (ragged: Ragged<Int32Array | Float32Array>): number => ragged.ends.length;

export interface FlatSequences {
  readonly tokens: Ragged<Int32Array>;
  readonly promptLengths: Int32Array;
}

export const flatSequences = (sequences: readonly Sequence[]): FlatSequences => ({
  tokens: raggedTokens(sequences.map((sequence) => sequence.tokens)),
  promptLengths: Int32Array.from(sequences, (sequence) => sequence.promptLength),
});

/** Tokens of completion i. */
export const completionLength = (sequences: FlatSequences, i: number): number =>
  row(sequences.tokens, i).length - (sequences.promptLengths[i] as number);

/** Completions in request order. `stopped[i]` is 1 where completion i stopped by itself. */
export interface FlatCompletions {
  readonly tokens: Ragged<Int32Array>;
  readonly logprobs: Ragged<Float32Array>;
  readonly stopped: Uint8Array;
}

export function completionAt(flat: FlatCompletions, i: number): Completion {
  return {
    tokens: row(flat.tokens, i),
    logprobs: row(flat.logprobs, i),
    stopReason: flat.stopped[i] === 1 ? 'stop' : 'length',
  };
}
