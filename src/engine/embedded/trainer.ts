/**
 * One optimizer step of a policy on one batch: coefficients of the loss per token, micro-batches, the summed gradient, AdamW.
 * Sequences whose gradient is exactly zero are left out: they would add zeros. Sampled sequences that are the same token for token
 * are computed once, with the sum of their coefficients: the gradient is the same.
 */
import { SoarError } from '../../errors.js';
import { adamwStep, newMoments, norm } from '../adamw.js';
import type { OptimizerStep, TrainingBatch, UpdateMetrics } from '../engine.js';
import { completionLength, type FlatSequences, type Ragged, row, rowCount } from './flat-batch.js';
import { identicalSequences } from './identical-sequences.js';
import { dealOut } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import type { PolicyMemory } from './policy-memory.js';
import { joinParts, type MicroBatch, microBatch, planned } from './sequence-feeds.js';
import type { Results } from './session.js';
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
  return stepWith(policy, [await shareOfGradient(runtime, policy, batch, { at: 0, of: 1 })], step);
}

/** Share `at` of the `of` that a batch's micro-batches are dealt out in. */
export interface Share {
  readonly at: number;
  readonly of: number;
}

/** What a share's micro-batches add to d(L)/d(trained parameters), in the order of the flat array, and to the sums behind the metrics. */
export interface GradientTerm {
  /** Of the first micro-batch in it, in the order of the plan. */
  readonly place: number;
  readonly gradient: Float32Array;
  readonly tally: MicroTally;
}

interface MicroTally extends Tally {
  /** Token positions that the rows need, and computed with padding. */
  fed: number;
  computed: number;
}

export interface ShareOfGradient {
  readonly terms: readonly GradientTerm[];
  /** Completion tokens of the whole batch that are trained on, and left out. */
  readonly trained: number;
  readonly skipped: number;
}

/**
 * The micro-batches and their order depend on the batch alone, and a share of several has a term for each micro-batch: terms summed in
 * their order are the same number for number in however many shares they came. All of a batch in one share is one term, summed so.
 */
export async function shareOfGradient(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  batch: FlatTrainingBatch,
  { at, of }: Share,
): Promise<ShareOfGradient> {
  const { sequences, kl } = batch;
  const all = Array.from({ length: rowCount(sequences.tokens) }, (_, i) => i);
  const active = all.filter((i) => hasGradient(batch, i));
  const count = (among: readonly number[]) => among.reduce((sum, i) => sum + completionLength(sequences, i), 0);
  const trained = count(active);
  const counts = { trained, skipped: count(all) - trained };
  // What a policy samples repeats itself, what a corpus says seldom does.
  const sampled = batch.objective === 'policy-gradient';
  const groups = sampled
    ? identicalSequences(sequences, active, kl && ((i) => row(kl.reference, i)))
    : active.map((i) => [i]);

  const plan = planned(runtime, sequences, groups);
  const size = policy.weights.length;
  const owners = dealOut(
    plan.map(({ computed }) => computed),
    size,
    of,
  );
  const alone = owners.every((owner) => owner === 0);
  const terms: GradientTerm[] = [];
  for (const [place, one] of plan.entries()) {
    if (owners[place] !== at) continue;
    const micro = microBatch(runtime, sequences, groups, one);
    const { results, tally } = await backward(runtime, policy, batch, micro);
    const [sum] = alone ? terms : [];
    if (sum) {
      forEachPart(runtime, results, (part, offset) => addTo(sum.gradient.subarray(offset, offset + part.length), part));
      addTally(sum.tally, tally);
    } else {
      const gradient = new Float32Array(size);
      forEachPart(runtime, results, (part, offset) => gradient.set(part, offset));
      terms.push({ place, gradient, tally });
    }
  }
  return { terms, ...counts };
}

async function backward(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  batch: FlatTrainingBatch,
  micro: MicroBatch,
): Promise<{ results: Results; tally: MicroTally }> {
  const terms = tokenTerms(batch, micro.members, micro.picked);
  const graph = await runtime.trainingGraph({
    kind: batch.kl ? 'gradient-with-kl' : 'gradient',
    parts: micro.parts,
    checkpointed: runtime.checkpoints(micro.computed, micro.time),
  });
  const results = await graph.run({ ...policy.feeds, ...micro.feeds, ...termFeeds(terms, micro) });
  const tally = newTally(batch, micro);
  addToTally(tally, terms, joinParts(results, 'logprob', micro), joinParts(results, 'entropy', micro));
  return { results, tally };
}

function forEachPart(
  { trained }: ModelRuntime,
  results: Results,
  use: (part: Float32Array, offset: number) => void,
): void {
  for (const { name, offset } of trained) use(results[`d_${name}`] as Float32Array, offset);
}

/** Sums the terms in their order, and makes the step. @throws SoarError ENGINE_NOT_FINITE: the policy is as it was */
export function stepWith(policy: PolicyMemory, shares: readonly ShareOfGradient[], step: OptimizerStep): UpdateMetrics {
  const [first, ...others] = shares.flatMap((share) => share.terms).sort((a, b) => a.place - b.place);
  const gradient = first?.gradient ?? new Float32Array(policy.weights.length);
  const tally = first?.tally ?? noTally;
  for (const term of others) {
    addTo(gradient, term.gradient);
    addTally(tally, term.tally);
  }
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
  const { trained, skipped } = shares[0] as ShareOfGradient;
  return {
    loss: tally.loss,
    gradNorm,
    tokensTrained: trained,
    tokensSkipped: skipped,
    entropy: tally.entropy / trained,
    klSampler: tally.klSampler / trained,
    klReference: tally.klReference / trained,
    padding: tally.computed === 0 ? 0 : 1 - tally.fed / tally.computed,
  };
}

const noTally: MicroTally = { loss: 0, entropy: 0, klSampler: 0, klReference: 0, fed: 0, computed: 0 };

/** What the batch has no numbers for is not zero but unknown. */
const newTally = ({ samplerLogprobs, kl }: FlatTrainingBatch, { fed, computed }: MicroBatch): MicroTally => ({
  ...noTally,
  fed,
  computed,
  klSampler: samplerLogprobs ? 0 : Number.NaN,
  klReference: kl ? 0 : Number.NaN,
});

function addTally(sums: MicroTally, tally: MicroTally): void {
  for (const name of Object.keys(tally) as (keyof MicroTally)[]) sums[name] += tally[name];
}

function addTo(sums: Float32Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) (sums[i] as number) += values[i] as number;
}

/** False where every w_t * A_t is zero and no KL term pulls: then d(L) is exactly zero. */
function hasGradient(batch: FlatTrainingBatch, i: number): boolean {
  return (
    row(batch.gain, i).some((x) => x !== 0) || (batch.kl !== undefined && row(batch.kl.weight, i).some((x) => x !== 0))
  );
}
