/**
 * Padded inputs of a micro-batch, and which positions' next tokens it predicts, in parts that bound what is as wide as the
 * vocabulary. Shared by training and scoring.
 */
import { type FlatSequences, row } from './flat-batch.js';
import { ofPart } from './llama/training-graph.js';
import type { MicroBatch } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import { type Feeds, floats, int64s, type Results } from './session.js';

export interface SequenceFeeds {
  readonly feeds: Feeds;
  /** Picked completion tokens, row after row of the micro-batch. */
  readonly picked: number;
  readonly parts: number;
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

/** Tokens a sequence feeds: its last one is only predicted. */
export const fedLength = (sequences: FlatSequences, i: number): number => row(sequences.tokens, i).length - 1;

export const completionLength = (sequences: FlatSequences, i: number): number =>
  row(sequences.tokens, i).length - (sequences.promptLengths[i] as number);

export function sequenceFeeds(runtime: ModelRuntime, sequences: FlatSequences, batch: MicroBatch): SequenceFeeds {
  const { rows, time } = batch;
  const picked = rows.reduce((sum, i) => sum + completionLength(sequences, i), 0);
  const tokens = new Int32Array(rows.length * time);
  const picks = new Int32Array(2 * picked);
  const targets = new Int32Array(picked);
  let at = 0;
  rows.forEach((index, b) => {
    const sequence = row(sequences.tokens, index);
    tokens.set(sequence.subarray(0, -1), b * time);
    for (let t = sequences.promptLengths[index] as number; t < sequence.length; t++) {
      picks[2 * at] = b;
      picks[2 * at + 1] = t - 1;
      targets[at++] = sequence[t] as number;
    }
  });
  const of = { picked, parts: partsOf(picked, runtime) };
  return {
    ...of,
    computed: rows.length * time,
    feeds: {
      ...runtime.sequenceFeeds,
      causal_mask: runtime.causalMask(time),
      tokens: int64s(tokens, [rows.length, time]),
      ...inParts('picks', of, (from, to) => int64s(picks.subarray(2 * from, 2 * to), [to - from, 2])),
      ...inParts('targets', of, (from, to) => int64s(targets.subarray(from, to), [to - from, 1])),
    },
  };
}
