/**
 * Inputs of a micro-batch, padded rows or a list of positions where prompts are shared, and which positions' next tokens it
 * predicts, in parts that bound what is as wide as the vocabulary. Shared by training and scoring.
 */
import { completionLength, type FlatSequences, row } from './flat-batch.js';
import { ofPart } from './llama/training-graph.js';
import { planMicroBatches } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import { type Feeds, floats, int64s, type Results } from './session.js';
import { layOut, planShared, sharedMask, sharingLimits } from './shared-prompts.js';

export interface SequenceFeeds {
  readonly feeds: Feeds;
  /** Picked completion tokens, row after row of the micro-batch. */
  readonly picked: number;
  readonly parts: number;
  /** Keys that attention looks at for each position computed, gaps and copies included. */
  readonly time: number;
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

/** Token positions of a micro-batch. */
interface Positions {
  /** Computed, padding included. */
  readonly computed: number;
  /** Needed. */
  readonly fed: number;
}

export interface MicroBatch extends SequenceFeeds, Positions {
  /** The identical sequences that each picked completion stands for, in the order of the picks: indices. */
  readonly members: readonly (readonly number[])[];
}

export interface MicroBatchPlan extends Positions {
  /** Of the groups that were planned. */
  readonly places: readonly number[];
}

/** @param groups of identical sequences, each of which is computed once: indices */
export function planned(
  runtime: ModelRuntime,
  sequences: FlatSequences,
  groups: readonly (readonly number[])[],
): MicroBatchPlan[] {
  const { shape, microBatchTokens, sharesPrompts } = runtime;
  const among = groups.map(([first]) => first as number);
  if (sharesPrompts) {
    const plans = planShared(sequences, among, sharingLimits(shape, microBatchTokens));
    return plans.map(({ places, positions }) => ({ places, computed: positions, fed: positions }));
  }
  const lengths = among.map((i) => row(sequences.tokens, i).length - 1);
  return planMicroBatches(lengths, microBatchTokens).map((places) => {
    const ofThese = places.map((place) => lengths[place] as number);
    const fed = ofThese.reduce((sum, length) => sum + length, 0);
    return { places, computed: places.length * Math.max(...ofThese), fed };
  });
}

/** One of those planned: to be made when its turn has come, since inputs are large. */
export function microBatch(
  runtime: ModelRuntime,
  sequences: FlatSequences,
  groups: readonly (readonly number[])[],
  { places, computed, fed }: MicroBatchPlan,
): MicroBatch {
  const members = places.map((place) => groups[place] as readonly number[]);
  const among = members.map(([first]) => first as number);
  const made = runtime.sharesPrompts ? sharedFeeds(runtime, sequences, among) : paddedFeeds(runtime, sequences, among);
  return { ...made, members, computed, fed };
}

/** Each sequence in a row of its own. */
function paddedFeeds(runtime: ModelRuntime, sequences: FlatSequences, among: readonly number[]): SequenceFeeds {
  const time = Math.max(...among.map((i) => row(sequences.tokens, i).length - 1));
  const picked = among.reduce((sum, i) => sum + completionLength(sequences, i), 0);
  const tokens = new Int32Array(among.length * time);
  const picks = new Int32Array(2 * picked);
  const targets = new Int32Array(picked);
  let pick = 0;
  among.forEach((index, b) => {
    const sequence = row(sequences.tokens, index);
    tokens.set(sequence.subarray(0, -1), b * time);
    for (let t = (sequences.promptLengths[index] as number) - 1; t < sequence.length - 1; t++) {
      picks[2 * pick] = b;
      picks[2 * pick + 1] = t;
      targets[pick++] = sequence[t + 1] as number;
    }
  });
  const of = { picked, parts: partsOf(picked, runtime) };
  return {
    ...of,
    time,
    feeds: {
      ...runtime.sequenceFeeds,
      causal_mask: runtime.causalMask(time),
      tokens: int64s(tokens, [among.length, time]),
      ...pickFeeds(picks, targets, of),
    },
  };
}

/** Positions without padding, shared prompts once. */
function sharedFeeds(runtime: ModelRuntime, sequences: FlatSequences, among: readonly number[]): SequenceFeeds {
  const layout = layOut(sequences, among);
  const { prompts, rows, span, prefix } = layout;
  const picked = layout.picks.length;
  const count = layout.tokens.length;
  const picks = new Int32Array(2 * picked);
  layout.picks.forEach((position, i) => {
    picks[2 * i] = position;
  });
  const repeats = runtime.shape.heads / runtime.shape.kvHeads;
  const shared = layout.prefixPositions.length;
  const of = { picked, parts: partsOf(picked, runtime) };
  return {
    ...of,
    // The softmax of the whole rectangle is kept, and once more in two pieces.
    time: Math.ceil((2 * prompts * rows * span * (prefix + span)) / count),
    feeds: {
      ...runtime.tables,
      tokens: int64s(layout.tokens, [count, 1]),
      positions: int64s(layout.positions, [count, 1]),
      rectangle: int64s(layout.rectangle, [prompts, rows, span]),
      places: int64s(layout.places, [count, 3]),
      prefixes: int64s(layout.prefixes, [prompts, 1, prefix]),
      prefix_places: int64s(layout.prefixPlaces, [shared, 3]),
      prefix_positions: int64s(layout.prefixPositions, [shared, 1]),
      mask: floats(sharedMask(layout, repeats), [prompts, 1, rows, repeats * span, prefix + span]),
      ...pickFeeds(picks, layout.targets, of),
    },
  };
}

/** @param picks [picked, 2] */
const pickFeeds = (picks: Int32Array, targets: Int32Array, of: Pick<SequenceFeeds, 'picked' | 'parts'>): Feeds => ({
  ...inParts('picks', of, (from, to) => int64s(picks.subarray(2 * from, 2 * to), [to - from, 2])),
  ...inParts('targets', of, (from, to) => int64s(targets.subarray(from, to), [to - from, 1])),
});
