/**
 * Sequences that are the same token for token: what is computed for one holds for all of them. A policy that is sure of itself
 * writes many of them in a group. Pure.
 */
import { type FlatSequences, row } from './flat-batch.js';

/**
 * Groups of indices with the same tokens and prompt length, and the same `also` where it is given; in order of their first.
 * @param among indices into `sequences`
 * @param also numbers per sequence that must agree too
 */
export function identicalSequences(
  sequences: FlatSequences,
  among: readonly number[],
  also?: (index: number) => Float32Array,
): number[][] {
  const groups = new Map<string, number[]>();
  for (const i of among) {
    const tokens = bytesOf(row(sequences.tokens, i));
    const key = `${sequences.promptLengths[i]}/${tokens}${also ? `/${bytesOf(also(i))}` : ''}`;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  return [...groups.values()];
}

/** A text that is equal where the numbers are, bit by bit. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
