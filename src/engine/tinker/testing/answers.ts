/** Results in the form of each server. */
import type { SampleOutput } from '../wire/sampling.js';
import type { Tensor } from '../wire/tensor.js';
import type { TrainingRequest } from '../wire/training.js';
import type { TrainingOutput } from '../wire/training-output.js';
import type { PassResult } from './backend.js';
import type { ServerProfile } from './profile.js';

const vector = (data: Float32Array): Tensor => ({ dtype: 'float32', data, shape: [data.length] });
const total = (values: readonly Float32Array[]) => values.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);

export function passOutput(
  { name }: ServerProfile,
  { lossFn, data }: TrainingRequest,
  { logprobs, losses }: PassResult,
): TrainingOutput {
  const both = logprobs.map((row, i) => ({ logprobs: vector(row), elementwise_loss: vector(losses[i]!) }));
  const alone = logprobs.map((row) => ({ logprobs: vector(row) }));
  switch (name) {
    case 'skyrl-jax':
      return { outputType: 'scalar', outputs: both, metrics: {} };
    case 'skyrl-megatron':
      return {
        outputType: 'scalar',
        outputs: lossFn === 'cross_entropy' ? both : alone,
        metrics: {
          'total_loss:sum': total(losses),
          'num_tokens:sum': data.reduce((sum, { tokens }) => sum + tokens.length, 0),
        },
      };
    case 'twinkle':
      return {
        outputType: lossFn === 'importance_sampling' ? 'ImportanceSamplingLossReturn' : 'CrossEntropyLossReturn',
        outputs: both,
        metrics: { 'loss:avg': total(losses) / Math.max(1, data.length) },
      };
    default:
      return { outputType: 'scalar', outputs: alone, metrics: { 'loss:sum': total(losses) } };
  }
}

export const stepMetrics = ({ saysNorm }: ServerProfile, gradNorm: number, learningRate: number) =>
  saysNorm ? { 'skyrl.ai/grad_norm': gradNorm, 'skyrl.ai/learning_rate': learningRate } : {};

/** The backend scores all prompt tokens but the first. */
export function sampleOutput({ promptLogprobs }: ServerProfile, output: SampleOutput): SampleOutput {
  const { promptLogprobs: known, ...samples } = output;
  if (!known || promptLogprobs === 'none') return samples;
  if (promptLogprobs === 'shorter') return output;
  return { ...output, promptLogprobs: Float32Array.from([Number.NaN, ...known]) };
}
