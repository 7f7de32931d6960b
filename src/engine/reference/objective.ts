/** The objective of the engine seam (`TrainingBatch`), its gradient and its metrics: sequence after sequence, token after token. */
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import type { TrainingBatch, TrainingSequence, UpdateMetrics } from '../engine.js';
import { llamaLogits, logProbabilities, parametersOf } from './llama.js';
import { Tape } from './tape.js';

export interface BatchGradient {
  /** d(L)/d(weights), by `llamaLayout`. */
  readonly gradient: Float64Array;
  readonly metrics: Omit<UpdateMetrics, 'gradNorm'>;
}

/** What one completion token adds to the loss, its slope in log pi, and its k3. */
interface TokenLoss {
  readonly loss: number;
  /** d(loss)/d(log pi) */
  readonly slope: number;
  readonly k3: number;
}

export function batchGradient(
  shape: LlamaShape,
  weights: Float32Array | Float64Array,
  batch: TrainingBatch,
): BatchGradient {
  const parameters = parametersOf(shape, weights);
  const sum = { loss: 0, entropy: 0, klSampler: 0, klReference: 0, trained: 0, skipped: 0 };
  for (const sequence of batch.sequences) {
    const { tokens, promptLength } = sequence;
    const length = tokens.length - promptLength;
    if (!hasGradient(sequence, batch)) {
      sum.skipped += length;
      continue;
    }
    const tape = new Tape();
    const logits = llamaLogits(tape, shape, parameters, tokens);
    for (let t = 0; t < length; t++) {
      const at = promptLength + t - 1;
      const logp = logProbabilities(logits, at);
      const target = tokens[promptLength + t];
      const { loss, slope, k3 } = tokenLoss(sequence, batch, t, logp[target]);
      sum.loss += loss;
      sum.klReference += k3;
      sum.klSampler += (sequence.samplerLogprobs?.[t] ?? 0) - logp[target];
      // d(log pi_target)/d(logit_i) = [i = target] - pi_i
      for (let i = 0; i < logp.length; i++) {
        const p = Math.exp(logp[i]);
        if (p > 0) sum.entropy -= p * logp[i];
        logits.gradient[at * logits.columns + i] += slope * ((i === target ? 1 : 0) - p);
      }
    }
    sum.trained += length;
    tape.backward();
  }
  const metrics = {
    loss: sum.loss,
    tokensTrained: sum.trained,
    tokensSkipped: sum.skipped,
    entropy: sum.entropy / sum.trained,
    klSampler: batch.objective === 'policy-gradient' ? sum.klSampler / sum.trained : Number.NaN,
    klReference: beta(batch) > 0 ? sum.klReference / sum.trained : Number.NaN,
    padding: 0,
  };
  return { gradient: parameters.gradient, metrics };
}

function tokenLoss(sequence: TrainingSequence, batch: TrainingBatch, t: number, logp: number): TokenLoss {
  const weight = at(sequence.weight, t);
  const gain = weight * at(sequence.advantage, t);
  // The ratio's derivative in log pi is the ratio itself.
  const ratio = gain === 0 ? 0 : Math.exp(logp - (sequence.samplerLogprobs?.[t] as number));
  const [reward, slope] = batch.objective === 'policy-gradient' ? [gain * ratio, gain * ratio] : [gain * logp, gain];
  if (beta(batch) === 0) return { loss: -reward, slope: -slope, k3: 0 };
  const difference = (sequence.referenceLogprobs?.[t] as number) - logp;
  const k3 = Math.exp(difference) - difference - 1;
  const pull = beta(batch) * weight;
  return { loss: -reward + pull * k3, slope: -slope + pull * (1 - Math.exp(difference)), k3 };
}

/** False where every w_t * A_t is zero and no KL term pulls. */
function hasGradient(sequence: TrainingSequence, batch: TrainingBatch): boolean {
  for (let t = 0; t < sequence.tokens.length - sequence.promptLength; t++) {
    const weight = at(sequence.weight, t);
    if (weight * at(sequence.advantage, t) !== 0 || weight * beta(batch) !== 0) return true;
  }
  return false;
}

const beta = (batch: TrainingBatch): number => batch.klCoefficient ?? 0;

const at = (value: number | Float32Array, t: number): number => (typeof value === 'number' ? value : value[t]);
