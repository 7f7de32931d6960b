/**
 * Sequences that share a prompt, side by side in one row: a group's prompt is computed once and its completions after it, each of
 * which sees the prompt and itself alone. Saves the prompt for all but one of a row; costs the pairs of positions that do not see
 * each other. Pure.
 */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { type FlatSequences, row } from './flat-batch.js';
import { bytesOf } from './identical-sequences.js';

export interface PackedRow {
  /** Places in the list that was packed. */
  readonly members: readonly number[];
  /** Tokens of the prompt that all members share: all but its last, with which each member begins, to predict its first token. */
  readonly shared: number;
  /** Positions computed: `shared`, then as many for each member as its completion has tokens. */
  readonly length: number;
}

export interface PackingLimits {
  /** Positions of a row of more than one member. */
  readonly positions: number;
  /** What a position's pair with another one costs, in the cost of a position. */
  readonly pair: number;
}

/** Rows are no longer than this unless a sequence is: memory for attention grows with the square (memory.ts counts on it). */
export const longestPackedRow = 512;

/**
 * Products of attention, counted thrice for the softmax and masks around them, over the products of a layer's matrices: multiplications
 * per pair and per position.
 */
export function packingLimits(shape: LlamaShape, microBatchTokens: number): PackingLimits {
  const { contextLength, hiddenSize, heads, kvHeads, headSize, intermediateSize } = shape;
  const matrices = hiddenSize * (2 * heads + 2 * kvHeads) * headSize + 3 * hiddenSize * intermediateSize;
  // The runtime rotates no row that is longer than its tables, whatever the positions in it.
  const positions = Math.min(longestPackedRow, microBatchTokens, contextLength);
  return { positions, pair: (3 * 2 * heads * headSize) / matrices };
}

/** Each sequence in a row of its own. @param among indices into `sequences` */
export const singleRows = (sequences: FlatSequences, among: readonly number[]): PackedRow[] =>
  among.map((index, place) => packed(sequences, among, [place], (sequences.promptLengths[index] as number) - 1));

/** The sequences of each prompt in as many rows as cost least. @param among indices into `sequences`, no two of the same tokens */
export function packRows(sequences: FlatSequences, among: readonly number[], limits: PackingLimits): PackedRow[] {
  return [...byPrompt(sequences, among).values()].flatMap((places) => {
    const shared = (sequences.promptLengths[among[places[0] as number] as number] as number) - 1;
    const lengths = places.map((place) => completionLength(sequences, among[place] as number));
    const size = membersPerRow(shared, lengths, limits);
    const rows: PackedRow[] = [];
    for (let from = 0; from < places.length; from += size) {
      rows.push(packed(sequences, among, places.slice(from, from + size), shared));
    }
    return rows;
  });
}

/** The number of members per row, in rows that each may take the longest, for which all rows together cost least. */
function membersPerRow(shared: number, lengths: readonly number[], { positions, pair }: PackingLimits): number {
  const longest = Math.max(...lengths);
  const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  const cost = (size: number) => {
    const time = shared + size * mean;
    return Math.ceil(lengths.length / size) * time * (1 + pair * time);
  };
  let best = 1;
  for (let size = 2; size <= lengths.length && shared + size * longest <= positions; size++) {
    if (cost(size) < cost(best)) best = size;
  }
  // Of equally many rows none much shorter than the others: it would be padded.
  return Math.ceil(lengths.length / Math.ceil(lengths.length / best));
}

function byPrompt(sequences: FlatSequences, among: readonly number[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  among.forEach((index, place) => {
    const key = bytesOf(row(sequences.tokens, index).subarray(0, sequences.promptLengths[index]));
    const group = groups.get(key);
    if (group) group.push(place);
    else groups.set(key, [place]);
  });
  return groups;
}

function packed(
  sequences: FlatSequences,
  among: readonly number[],
  members: readonly number[],
  shared: number,
): PackedRow {
  const length = members.reduce((sum, place) => sum + completionLength(sequences, among[place] as number), shared);
  return { members, shared, length };
}

export const completionLength = (sequences: FlatSequences, i: number): number =>
  row(sequences.tokens, i).length - (sequences.promptLengths[i] as number);

/**
 * Where each position of a padded row belongs: -1 in the shared part, else the number of its member; after the last one, a number of
 * its own.
 */
export function segments(row: PackedRow, lengths: readonly number[], time: number): Int32Array {
  const of = new Int32Array(time).fill(lengths.length);
  of.fill(-1, 0, row.shared);
  let at = row.shared;
  lengths.forEach((length, member) => {
    of.fill(member, at, at + length);
    at += length;
  });
  return of;
}

/**
 * Writes 0 where a query sees a key, -Infinity elsewhere: keys before it or itself, in the shared part or in its own segment.
 * @param mask [repeats * time, time]
 */
export function writeMask(mask: Float32Array, of: Int32Array, repeats: number): void {
  const time = of.length;
  for (let query = 0; query < time; query++) {
    const line = mask.subarray(query * time, (query + 1) * time).fill(Number.NEGATIVE_INFINITY);
    const own = of[query] as number;
    for (let key = 0; key <= query; key++) {
      const other = of[key] as number;
      if (other === -1 || other === own) line[key] = 0;
    }
  }
  for (let copy = 1; copy < repeats; copy++) mask.copyWithin(copy * time * time, 0, time * time);
}
