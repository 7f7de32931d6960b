/** Cuts a list of sequences into padded micro-batches with little padding. Pure, and independent of the number of workers. */

export interface MicroBatch {
  /** Indices into the list that was planned. */
  readonly rows: readonly number[];
  /** Tokens fed per row: the longest row's. */
  readonly time: number;
}

/**
 * Longest first, so that neighbours are of like length; a micro-batch takes rows as long as rows * longest stays within
 * `tokens` (a single longer row stands alone).
 * @param lengths tokens that each sequence feeds
 */
export function planMicroBatches(lengths: readonly number[], tokens: number): MicroBatch[] {
  const order = lengths.map((_, i) => i).sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const batches: MicroBatch[] = [];
  let rows: number[] = [];
  let time = 0;
  for (const index of order) {
    if (rows.length > 0 && (rows.length + 1) * time > tokens) {
      batches.push({ rows, time });
      rows = [];
    }
    if (rows.length === 0) time = lengths[index] as number;
    rows.push(index);
  }
  if (rows.length > 0) batches.push({ rows, time });
  return batches;
}
