/**
 * One optimizer step of a policy on one batch: coefficients of the loss per token, micro-batches, the summed gradient, AdamW.
 * Sequences whose gradient is exactly zero are left out: they would add zeros.
 */
import { SoarError } from '../../errors.js';
import { adamwStep, newMoments, norm } from '../adamw.js';
import type { OptimizerStep, TrainingBatch, UpdateMetrics } from '../engine.js';
import { type FlatSequences, type Ragged, row, rowCount } from './flat-batch.js';
import { weightInputs } from './llama/weights.js';
import { planMicroBatches } from './micro-batches.js';
import type { ModelRuntime } from './model-runtime.js';
import type { PolicyMemory } from './policy-memory.js';
import { completionLength, fedLength, sequenceFeeds } from './sequence-feeds.js';
import { type Feeds, floats } from './session.js';

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
  microBatchTokens: number,
): Promise<UpdateMetrics> {
  const { gradient, tally } = await batchGradient(runtime, policy, batch, microBatchTokens);
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

interface Tally {
  loss: number;
  tokens: number;
  skipped: number;
  entropy: number;
  klSampler: number;
  klReference: number;
  fed: number;
  computed: number;
}

/** d(L)/d(weights) in the order of the flat array, and the sums behind the metrics. */
export async function batchGradient(
  runtime: ModelRuntime,
  policy: PolicyMemory,
  batch: FlatTrainingBatch,
  microBatchTokens: number,
): Promise<{ gradient: Float32Array; tally: Tally }> {
  const { sequences } = batch;
  const all = Array.from({ length: rowCount(sequences.tokens) }, (_, i) => i);
  const active = all.filter((i) => hasGradient(batch, i));
  const tally: Tally = {
    loss: 0,
    tokens: 0,
    skipped: 0,
    entropy: 0,
    klSampler: 0,
    klReference: 0,
    fed: 0,
    computed: 0,
  };
  for (const i of all) tally.skipped += completionLength(sequences, i);
  for (const i of active) tally.fed += fedLength(sequences, i);

  const graph = await runtime.graph(batch.kl ? 'gradient-with-kl' : 'gradient');
  const inputs = weightInputs(runtime.shape);
  const gradient = new Float32Array(policy.weights.length);
  const plan = planMicroBatches(
    active.map((i) => fedLength(sequences, i)),
    microBatchTokens,
  );
  for (const { rows, time } of plan) {
    const micro = { rows: rows.map((i) => active[i] as number), time };
    const { feeds, picked, computed } = sequenceFeeds(runtime, sequences, micro);
    const tokens = tokenTerms(batch, micro.rows, picked);
    const results = await graph.run({ ...policy.feeds, ...feeds, ...tokens.feeds });
    for (const { name, offset, size } of inputs) {
      const part = results[`d_${name}`] as Float32Array;
      for (let i = 0; i < size; i++) (gradient[offset + i] as number) += part[i] as number;
    }
    tally.computed += computed;
    tally.tokens += picked;
    tally.skipped -= picked;
    addToTally(tally, tokens, results.logprob as Float32Array, results.entropy as Float32Array);
  }
  return { gradient, tally };
}

/** False where every w_t * A_t is zero and no KL term pulls: then d(L) is exactly zero. */
function hasGradient(batch: FlatTrainingBatch, i: number): boolean {
  return (
    row(batch.gain, i).some((x) => x !== 0) || (batch.kl !== undefined && row(batch.kl.weight, i).some((x) => x !== 0))
  );
}

interface TokenTerms {
  readonly feeds: Feeds;
  readonly ratio: Float32Array;
  readonly sampler: Float32Array;
  readonly likelihood: Float32Array;
  readonly klWeight?: Float32Array;
  readonly reference?: Float32Array;
}

function tokenTerms(batch: FlatTrainingBatch, rows: readonly number[], picked: number): TokenTerms {
  const gathered = (ragged: Ragged<Float32Array> | undefined): Float32Array => {
    const out = new Float32Array(picked);
    if (!ragged) return out;
    let at = 0;
    for (const i of rows) {
      const values = row(ragged, i);
      out.set(values, at);
      at += values.length;
    }
    return out;
  };
  const policyGradient = batch.objective === 'policy-gradient';
  const ratio = gathered(policyGradient ? batch.gain : undefined);
  const likelihood = gathered(policyGradient ? undefined : batch.gain);
  const sampler = gathered(batch.samplerLogprobs);
  const shape = [picked];
  const feeds: Feeds = {
    ratio_weight: floats(ratio, shape),
    sampler_logprob: floats(sampler, shape),
    likelihood_weight: floats(likelihood, shape),
  };
  if (!batch.kl) return { feeds, ratio, sampler, likelihood };
  const klWeight = gathered(batch.kl.weight);
  const reference = gathered(batch.kl.reference);
  feeds.kl_weight = floats(klWeight, shape);
  feeds.reference_logprob = floats(reference, shape);
  return { feeds, ratio, sampler, likelihood, klWeight, reference };
}

/** The loss again, in double precision, and the diagnostics. */
function addToTally(tally: Tally, terms: TokenTerms, logprob: Float32Array, entropy: Float32Array): void {
  for (let t = 0; t < logprob.length; t++) {
    const logp = logprob[t] as number;
    const sampler = terms.sampler[t] as number;
    const ratioWeight = terms.ratio[t] as number;
    if (ratioWeight !== 0) tally.loss -= ratioWeight * Math.exp(logp - sampler);
    tally.loss -= (terms.likelihood[t] as number) * logp;
    tally.entropy += entropy[t] as number;
    tally.klSampler += sampler - logp;
    if (terms.reference && terms.klWeight) {
      const difference = (terms.reference[t] as number) - logp;
      const k3 = Math.exp(difference) - difference - 1;
      tally.klReference += k3;
      tally.loss += (terms.klWeight[t] as number) * k3;
    }
  }
}
