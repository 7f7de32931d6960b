/** Log-probabilities of given completions under a policy. */

import { type FlatSequences, type Ragged, rowCount } from './flat-batch.js';
import { planMicroBatches } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import type { PolicyMemory } from './policy-memory.js';
import { completionLength, fedLength, sequenceFeeds } from './sequence-feeds.js';

/** [sequence][completion token], natural log, temperature 1. */
export async function score(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  sequences: FlatSequences,
  microBatchTokens: number,
): Promise<Ragged<Float32Array>> {
  const count = rowCount(sequences.tokens);
  const graph = await runtime.graph('logprobs');
  const ends = new Int32Array(count);
  for (let i = 0; i < count; i++) ends[i] = (ends[i - 1] ?? 0) + completionLength(sequences, i);
  const data = new Float32Array(ends.at(-1) ?? 0);

  const indices = Array.from({ length: count }, (_, i) => i).filter((i) => completionLength(sequences, i) > 0);
  const plan = planMicroBatches(
    indices.map((i) => fedLength(sequences, i)),
    microBatchTokens,
  );
  for (const { rows, time } of plan) {
    const batch = { rows: rows.map((i) => indices[i] as number), time };
    const { feeds } = sequenceFeeds(runtime, sequences, batch);
    const logprob = (await graph.run({ ...policy.feeds, ...feeds })).logprob as Float32Array;
    let from = 0;
    for (const i of batch.rows) {
      const length = completionLength(sequences, i);
      data.set(logprob.subarray(from, from + length), (ends[i] as number) - length);
      from += length;
    }
  }
  return { data, ends };
}
