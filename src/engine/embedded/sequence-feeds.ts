/**
 * Padded inputs of a micro-batch, and which positions' next tokens it predicts, in parts that bound what is as wide as the
 * vocabulary. Shared by training and scoring.
 */
import type { Tensor } from 'onnxruntime-node';
import { type FlatSequences, row } from './flat-batch.js';
import { ofPart } from './llama/training-graph.js';
import { planMicroBatches } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import { completionLength, type PackedRow, segments, writeMask } from './packed-rows.js';
import { type Feeds, floats, int64s, type Results } from './session.js';

export interface SequenceFeeds {
  readonly feeds: Feeds;
  /** Picked completion tokens, row after row of the micro-batch. */
  readonly picked: number;
  readonly parts: number;
  /** Positions of a row, the longest one's. */
  readonly time: number;
  /** Token positions computed, padding included. */
  readonly computed: number;
}

/**
 * A power of two, so that few graphs are compiled; at most as many as there are tokens. Each graph keeps the memory that it has once
 * used, so a large model has one graph for all numbers of tokens: that of a full micro-batch.
 */
export function partsOf(
  picked: number,
  {
    shape,
    large,
    logitsAtOnce,
    microBatchTokens,
  }: Pick<ModelRuntime, 'shape' | 'large' | 'logitsAtOnce' | 'microBatchTokens'>,
): number {
  const tokens = large ? Math.max(picked, microBatchTokens) : picked;
  let parts = 1;
  while ((tokens * shape.vocabularySize) / parts > logitsAtOnce && 2 * parts <= picked) parts *= 2;
  return parts;
}

/** Where part `part` begins. */
const partStart = (picked: number, parts: number, part: number): number => Math.floor((picked * part) / parts);

/** An array of `width` numbers per picked token, as the inputs of the parts. */
function inParts<T>(
  name: string,
  { picked, parts }: Pick<SequenceFeeds, 'picked' | 'parts'>,
  tensor: (from: number, to: number) => T,
): Record<string, T> {
  return Object.fromEntries(
    Array.from({ length: parts }, (_, part) => [
      ofPart(name, part),
      tensor(partStart(picked, parts, part), partStart(picked, parts, part + 1)),
    ]),
  );
}

/** Numbers per picked token, [picked], as graph inputs. */
export const tokenFeeds = (name: string, values: Float32Array, of: Pick<SequenceFeeds, 'picked' | 'parts'>): Feeds =>
  inParts(name, of, (from, to) => floats(values.subarray(from, to), [to - from]));

/** An output of all parts as one array, [picked]. */
export function joinParts(results: Results, name: string, { picked, parts }: SequenceFeeds): Float32Array {
  if (parts === 1) return results[name] as Float32Array;
  const joined = new Float32Array(picked);
  for (let part = 0; part < parts; part++) {
    joined.set(results[ofPart(name, part)] as Float32Array, partStart(picked, parts, part));
  }
  return joined;
}

export interface MicroBatch extends SequenceFeeds {
  /** The identical sequences that each picked completion stands for, in the order of the picks: indices. */
  readonly members: readonly (readonly number[])[];
  /** Positions that its rows need, without padding. */
  readonly fed: number;
}

/** The rows of each micro-batch. @param groups of identical sequences, each of which is computed once: indices */
export function planned(
  runtime: ModelRuntime,
  sequences: FlatSequences,
  groups: readonly (readonly number[])[],
): PackedRow[][] {
  const rows = runtime.rowsOf(
    sequences,
    groups.map(([first]) => first as number),
  );
  const lengths = rows.map(({ length }) => length);
  const plans = planMicroBatches(lengths, runtime.microBatchTokens);
  return plans.map((plan) => plan.map((i) => rows[i] as PackedRow));
}

/** Token positions that are computed, padding included. */
export const positionsOf = (rows: readonly PackedRow[]): number => rows.length * longest(rows);

const longest = (rows: readonly PackedRow[]): number => Math.max(...rows.map(({ length }) => length));

/** One of those planned: to be made when its turn has come, since inputs are large. */
export function microBatch(
  runtime: ModelRuntime,
  sequences: FlatSequences,
  groups: readonly (readonly number[])[],
  rows: readonly PackedRow[],
): MicroBatch {
  return {
    ...sequenceFeeds(runtime, sequences, groups, rows),
    members: rows.flatMap((one) => one.members.map((g) => groups[g] as readonly number[])),
    fed: rows.reduce((sum, { length }) => sum + length, 0),
  };
}

/** @param groups which the rows' members are places in; the first of a group stands for it */
function sequenceFeeds(
  runtime: ModelRuntime,
  sequences: FlatSequences,
  groups: readonly (readonly number[])[],
  rows: readonly PackedRow[],
): SequenceFeeds {
  const first = (place: number) => (groups[place] as readonly number[])[0] as number;
  const time = longest(rows);
  const lengths = rows.map(({ members }) => members.map((place) => completionLength(sequences, first(place))));
  const picked = lengths.flat().reduce((a, b) => a + b, 0);
  const tokens = new Int32Array(rows.length * time);
  const positions = new Int32Array(rows.length * time);
  const picks = new Int32Array(2 * picked);
  const targets = new Int32Array(picked);
  let pick = 0;
  rows.forEach(({ members, shared }, b) => {
    let at = b * time;
    members.forEach((place, m) => {
      const sequence = row(sequences.tokens, first(place));
      for (let t = m === 0 ? 0 : shared; t < sequence.length - 1; t++, at++) {
        tokens[at] = sequence[t] as number;
        positions[at] = t;
        if (t < shared) continue;
        picks[2 * pick] = b;
        picks[2 * pick + 1] = at - b * time;
        targets[pick++] = sequence[t + 1] as number;
      }
    });
  });
  const of = { picked, parts: partsOf(picked, runtime) };
  return {
    ...of,
    time,
    computed: positionsOf(rows),
    feeds: {
      ...(runtime.packs
        ? {
            ...runtime.tables,
            positions: int64s(positions, [rows.length, time]),
            mask: packedMask(runtime, rows, lengths, time),
          }
        : { ...runtime.sequenceFeeds, causal_mask: runtime.causalMask(time) }),
      tokens: int64s(tokens, [rows.length, time]),
      ...inParts('picks', of, (from, to) => int64s(picks.subarray(2 * from, 2 * to), [to - from, 2])),
      ...inParts('targets', of, (from, to) => int64s(targets.subarray(from, to), [to - from, 1])),
    },
  };
}

/** [batch, 1, repeats * time, time] */
function packedMask(
  { shape }: ModelRuntime,
  rows: readonly PackedRow[],
  lengths: readonly (readonly number[])[],
  time: number,
): Tensor {
  const repeats = shape.heads / shape.kvHeads;
  const size = repeats * time * time;
  const mask = new Float32Array(rows.length * size);
  rows.forEach((packed, b) => {
    const of = segments(packed, lengths[b] as readonly number[], time);
    writeMask(mask.subarray(b * size, (b + 1) * size), of, repeats);
  });
  return floats(mask, [rows.length, 1, repeats * time, time]);
}
