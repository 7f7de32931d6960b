/** Log-probabilities of given completions under a policy; identical sequences are computed once. */
import { completionLength, type FlatSequences, type Ragged, rowCount } from './flat-batch.js';
import { identicalSequences } from './identical-sequences.js';
import type { ModelRuntime } from './model-runtime.js';
import type { PolicyMemory } from './policy-memory.js';
import { joinParts, microBatch, planned } from './sequence-feeds.js';

/** [sequence][completion token], natural log, temperature 1. */
export async function score(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  sequences: FlatSequences,
): Promise<Ragged<Float32Array>> {
  const count = rowCount(sequences.tokens);
  const ends = new Int32Array(count);
  for (let i = 0; i < count; i++) ends[i] = (ends[i - 1] ?? 0) + completionLength(sequences, i);
  const data = new Float32Array(ends.at(-1) ?? 0);

  const indices = Array.from({ length: count }, (_, i) => i).filter((i) => completionLength(sequences, i) > 0);
  const groups = identicalSequences(sequences, indices);
  for (const plan of planned(runtime, sequences, groups)) {
    const micro = microBatch(runtime, sequences, groups, plan);
    const graph = await runtime.trainingGraph({ kind: 'logprobs', parts: micro.parts, checkpointed: false });
    const logprob = joinParts(await graph.run({ ...policy.feeds, ...micro.feeds }), 'logprob', micro);
    let from = 0;
    for (const group of micro.members) {
      const length = completionLength(sequences, group[0] as number);
      for (const i of group) data.set(logprob.subarray(from, from + length), (ends[i] as number) - length);
      from += length;
    }
  }
  return { data, ends };
}
