/** A `TrainingBatch` as the flat arrays that a worker trains on. */
import type { TrainingBatch, TrainingSequence } from '../engine.js';
import { flatSequences, type Ragged, raggedFloats } from './flat-batch.js';
import type { FlatTrainingBatch } from './trainer.js';

export function flatTrainingBatch(batch: TrainingBatch): FlatTrainingBatch {
  const { sequences, objective } = batch;
  const beta = batch.klCoefficient ?? 0;
  const flat = { objective, sequences: flatSequences(sequences), gain: products(sequences, (one) => one.advantage) };
  const sampler = objective === 'policy-gradient' && {
    samplerLogprobs: raggedFloats(sequences.map((sequence) => sequence.samplerLogprobs as Float32Array)),
  };
  const kl = beta > 0 && {
    kl: {
      weight: products(sequences, () => beta),
      reference: raggedFloats(sequences.map((sequence) => sequence.referenceLogprobs as Float32Array)),
    },
  };
  return { ...flat, ...sampler, ...kl };
}

/** w_t times the factor, per completion token. */
function products(
  sequences: readonly TrainingSequence[],
  factorOf: (sequence: TrainingSequence) => number | Float32Array,
): Ragged<Float32Array> {
  const ends = new Int32Array(sequences.length);
  let end = 0;
  for (const [i, { tokens, promptLength }] of sequences.entries()) {
    end += tokens.length - promptLength;
    ends[i] = end;
  }
  const data = new Float32Array(end);
  for (const [i, sequence] of sequences.entries()) {
    const [from, to] = [i === 0 ? 0 : (ends[i - 1] as number), ends[i] as number];
    const { weight } = sequence;
    const factor = factorOf(sequence);
    if (typeof weight === 'number' && typeof factor === 'number') data.fill(weight * factor, from, to);
    else for (let t = from; t < to; t++) data[t] = at(weight, t - from) * at(factor, t - from);
  }
  return { data, ends };
}

const at = (value: number | Float32Array, t: number): number =>
  typeof value === 'number' ? value : (value[t] as number);
