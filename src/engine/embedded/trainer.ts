/**
 * One optimizer step of a policy on one batch: coefficients of the loss per token, micro-batches, the summed gradient, AdamW.
 * Sequences whose gradient is exactly zero are left out: they would add zeros. Sampled sequences that are the same token for token
 * are computed once, with the sum of their coefficients: the gradient is the same.
 */
import { SoarError } from '../../errors.js';
import { adamwStep, newMoments, norm } from '../adamw.js';
import type { OptimizerStep, TrainingBatch, UpdateMetrics } from '../engine.js';
import { type FlatSequences, type Ragged, row, rowCount } from './flat-batch.js';
import { identicalSequences } from './identical-sequences.js';
import type { ModelRuntime } from './model-runtime.js';
import { completionLength } from './packed-rows.js';
import type { PolicyMemory } from './policy-memory.js';
import { joinParts, microBatches } from './sequence-feeds.js';
import { addToTally, type Tally, termFeeds, tokenTerms } from './token-terms.js';

/** A `TrainingBatch` as flat arrays. Every per-token array has the completions' lengths. */
export interface FlatTrainingBatch {
  readonly objective: TrainingBatch['objective'];
  readonly sequences: FlatSequences;
  /** w_t * A_t */
  readonly gain: Ragged<Float32Array>;
  /** log mu; absent for log-likelihood. */
  readonly samplerLogprobs?: Ragged<Float32Array>;
  /** beta * w_t and log pi_ref; absent without a KL term. */
  readonly kl?: { readonly weight: Ragged<Float32Array>; readonly reference: Ragged<Float32Array> };
}

export async function train(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  batch: FlatTrainingBatch,
  step: OptimizerStep,
): Promise<UpdateMetrics> {
  const { gradient, tally } = await batchGradient(runtime, policy, batch);
  const gradNorm = norm(gradient);
  if (!Number.isFinite(gradNorm) || !Number.isFinite(tally.loss)) {
    throw new SoarError('ENGINE_NOT_FINITE', `loss ${tally.loss} or gradient norm ${gradNorm} is not finite`, {
      remedy: 'lower the learning rate, or set maxGradNorm; the policy is as it was before this update',
    });
  }
  policy.optimizer = adamwStep(
    policy.weights,
    gradient,
    policy.optimizer ?? newMoments(gradient.length),
    step,
    gradNorm,
  );
  return {
    loss: tally.loss,
    gradNorm,
    tokensTrained: tally.tokens,
    tokensSkipped: tally.skipped,
    entropy: tally.entropy / tally.tokens,
    klSampler: batch.samplerLogprobs ? tally.klSampler / tally.tokens : Number.NaN,
    klReference: batch.kl ? tally.klReference / tally.tokens : Number.NaN,
    padding: tally.computed === 0 ? 0 : 1 - tally.fed / tally.computed,
  };
}

interface BatchTally extends Tally {
  /** Completion tokens trained on and left out. */
  tokens: number;
  skipped: number;
  /** Token positions that the rows need, and computed with padding. */
  fed: number;
  computed: number;
}

/** d(L)/d(trained parameters) in the order of the flat array, and the sums behind the metrics. */
export async function batchGradient(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  batch: FlatTrainingBatch,
): Promise<{ gradient: Float32Array; tally: BatchTally }> {
  const { sequences, kl } = batch;
  const all = Array.from({ length: rowCount(sequences.tokens) }, (_, i) => i);
  const active = all.filter((i) => hasGradient(batch, i));
  const tally: BatchTally = {
    loss: 0,
    tokens: 0,
    skipped: 0,
    entropy: 0,
    klSampler: 0,
    klReference: 0,
    fed: 0,
    computed: 0,
  };
  // What a policy samples repeats itself, what a corpus says seldom does.
  const sampled = batch.objective === 'policy-gradient';
  const groups = sampled
    ? identicalSequences(sequences, active, kl && ((i) => row(kl.reference, i)))
    : active.map((i) => [i]);
  for (const i of all) tally.skipped += completionLength(sequences, i);
  for (const i of active) tally.tokens += completionLength(sequences, i);
  tally.skipped -= tally.tokens;

  const inputs = runtime.trained;
  const gradient = new Float32Array(policy.weights.length);
  let first = true;
  for (const micro of microBatches(runtime, sequences, groups)) {
    const terms = tokenTerms(batch, micro.members, micro.picked);
    const graph = await runtime.trainingGraph({
      kind: kl ? 'gradient-with-kl' : 'gradient',
      parts: micro.parts,
      checkpointed: runtime.checkpoints(micro.computed, micro.time),
    });
    const results = await graph.run({ ...policy.feeds, ...micro.feeds, ...termFeeds(terms, micro) });
    for (const { name, offset, size } of inputs) {
      const part = results[`d_${name}`] as Float32Array;
      if (first) gradient.set(part, offset);
      else for (let i = 0; i < size; i++) (gradient[offset + i] as number) += part[i] as number;
    }
    first = false;
    tally.fed += micro.fed;
    tally.computed += micro.computed;
    addToTally(tally, terms, joinParts(results, 'logprob', micro), joinParts(results, 'entropy', micro));
  }
  return { gradient, tally };
}

/** False where every w_t * A_t is zero and no KL term pulls: then d(L) is exactly zero. */
function hasGradient(batch: FlatTrainingBatch, i: number): boolean {
  return (
    row(batch.gain, i).some((x) => x !== 0) || (batch.kl !== undefined && row(batch.kl.weight, i).some((x) => x !== 0))
  );
}
