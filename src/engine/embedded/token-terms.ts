/**
 * The loss's coefficients per picked token of a micro-batch, each row of which stands for one or more identical sequences, and
 * the loss and diagnostics that follow from them. Pure.
 *
 * Sequences i with the same tokens have the same logpi_t, so that
 *   sum_i a_i exp(logpi - logmu_i) = A exp(logpi - logmu_1)  with  A = sum_i a_i exp(logmu_1 - logmu_i),
 * and sums of a_i logpi and of k_i k3(logref, logpi) are sums of their coefficients.
 */
import { type Ragged, row } from './flat-batch.js';
import { type SequenceFeeds, tokenFeeds } from './sequence-feeds.js';
import type { Feeds } from './session.js';
import type { FlatTrainingBatch } from './trainer.js';

/** Every array has one number per picked token. */
export interface TokenTerms {
  /** Sequences that the token stands for. */
  readonly count: Float32Array;
  /** a = w * A of the policy gradient, summed. */
  readonly ratio: Float32Array;
  /** log mu of the first sequence, and the sum of all. */
  readonly sampler: Float32Array;
  readonly samplerSum: Float32Array;
  /** w * A of the log-likelihood, summed. */
  readonly likelihood: Float32Array;
  /** beta * w, summed, and log pi_ref. */
  readonly kl?: { readonly weight: Float32Array; readonly reference: Float32Array };
}

/** Sums behind `UpdateMetrics`, over completion tokens. */
export interface Tally {
  loss: number;
  entropy: number;
  klSampler: number;
  klReference: number;
}

/** @param members the identical sequences of each row; with a KL term, of equal reference log-probabilities */
export function tokenTerms(
  batch: FlatTrainingBatch,
  members: readonly (readonly number[])[],
  picked: number,
): TokenTerms {
  const zeros = () => new Float32Array(picked);
  const [count, ratio, sampler, samplerSum, likelihood] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const kl = batch.kl && { weight: zeros(), reference: zeros() };
  let at = 0;
  for (const group of members) {
    const [first] = group as [number];
    const length = row(batch.gain, first).length;
    count.fill(group.length, at, at + length);
    const logmu = batch.samplerLogprobs;
    if (logmu) sampler.set(row(logmu, first), at);
    for (const i of group) {
      if (batch.objective === 'log-likelihood') add(likelihood, at, row(batch.gain, i));
      else addRatios(ratio, at, row(batch.gain, i), row(logmu as Ragged<Float32Array>, i), sampler);
      if (logmu) add(samplerSum, at, row(logmu, i));
      if (kl) add(kl.weight, at, row((batch.kl as NonNullable<typeof batch.kl>).weight, i));
    }
    if (batch.kl) kl?.reference.set(row(batch.kl.reference, first), at);
    at += length;
  }
  return { count, ratio, sampler, samplerSum, likelihood, ...(kl && { kl }) };
}

function add(to: Float32Array, at: number, values: Float32Array): void {
  for (let t = 0; t < values.length; t++) (to[at + t] as number) += values[t] as number;
}

function addRatios(to: Float32Array, at: number, gain: Float32Array, logmu: Float32Array, first: Float32Array): void {
  for (let t = 0; t < gain.length; t++) {
    (to[at + t] as number) += (gain[t] as number) * Math.exp((first[at + t] as number) - (logmu[t] as number));
  }
}

export function termFeeds(
  { ratio, sampler, likelihood, kl }: TokenTerms,
  of: Pick<SequenceFeeds, 'picked' | 'parts'>,
): Feeds {
  return {
    ...tokenFeeds('ratio_weight', ratio, of),
    ...tokenFeeds('sampler_logprob', sampler, of),
    ...tokenFeeds('likelihood_weight', likelihood, of),
    ...(kl && { ...tokenFeeds('kl_weight', kl.weight, of), ...tokenFeeds('reference_logprob', kl.reference, of) }),
  };
}

/** The loss again, in double precision, and the diagnostics. */
export function addToTally(tally: Tally, terms: TokenTerms, logprob: Float32Array, entropy: Float32Array): void {
  for (let t = 0; t < logprob.length; t++) {
    const logp = logprob[t] as number;
    const count = terms.count[t] as number;
    const ratio = terms.ratio[t] as number;
    if (ratio !== 0) tally.loss -= ratio * Math.exp(logp - (terms.sampler[t] as number));
    tally.loss -= (terms.likelihood[t] as number) * logp;
    tally.entropy += count * (entropy[t] as number);
    tally.klSampler += (terms.samplerSum[t] as number) - count * logp;
    if (!terms.kl) continue;
    const difference = (terms.kl.reference[t] as number) - logp;
    const k3 = Math.exp(difference) - difference - 1;
    tally.klReference += count * k3;
    tally.loss += (terms.kl.weight[t] as number) * k3;
  }
}
