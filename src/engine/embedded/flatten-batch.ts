/** A `TrainingBatch` as the flat arrays that a worker trains on. */
import type { TrainingBatch, TrainingSequence } from '../engine.js';
import { flatSequences, raggedFloats } from './flat-batch.js';
import type { FlatTrainingBatch } from './trainer.js';

export function flatTrainingBatch(batch: TrainingBatch): FlatTrainingBatch {
  const { sequences, objective } = batch;
  const beta = batch.klCoefficient ?? 0;
  const flat = {
    objective,
    sequences: flatSequences(sequences),
    gain: raggedFloats(
      sequences.map((sequence) => perToken(sequence, (t) => at(sequence.weight, t) * at(sequence.advantage, t))),
    ),
  };
  const sampler = objective === 'policy-gradient' && {
    samplerLogprobs: raggedFloats(sequences.map((sequence) => sequence.samplerLogprobs as Float32Array)),
  };
  const kl = beta > 0 && {
    kl: {
      weight: raggedFloats(sequences.map((sequence) => perToken(sequence, (t) => beta * at(sequence.weight, t)))),
      reference: raggedFloats(sequences.map((sequence) => sequence.referenceLogprobs as Float32Array)),
    },
  };
  return { ...flat, ...sampler, ...kl };
}

const at = (value: number | Float32Array, t: number): number =>
  typeof value === 'number' ? value : (value[t] as number);

function perToken(sequence: TrainingSequence, value: (t: number) => number): Float32Array {
  const out = new Float32Array(sequence.tokens.length - sequence.promptLength);
  for (let t = 0; t < out.length; t++) out[t] = value(t);
  return out;
}
