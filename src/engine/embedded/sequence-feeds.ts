/** Padded inputs of a micro-batch, and which positions' next tokens it predicts. Shared by training and scoring. */
import { type FlatSequences, row } from './flat-batch.js';
import type { MicroBatch } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import { type Feeds, int64s } from './session.js';

export interface SequenceFeeds {
  readonly feeds: Feeds;
  /** Picked completion tokens, row after row of the micro-batch. */
  readonly picked: number;
  /** Token positions computed, padding included. */
  readonly computed: number;
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
  return {
    picked,
    computed: rows.length * time,
    feeds: {
      ...runtime.sequenceFeeds,
      causal_mask: runtime.causalMask(time),
      tokens: int64s(tokens, [rows.length, time]),
      picks: int64s(picks, [picked, 2]),
      targets: int64s(targets, [picked, 1]),
    },
  };
}
