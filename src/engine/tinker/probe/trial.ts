/** What a probe does to an adapter of its own: tiny passes and steps on two texts, one the beginning of the other. */

import type { AdamSettings, CallOptions, TinkerModel } from '../client/index.js';
import { datum } from '../profiles/objective.js';
import type { Datum } from '../wire/training.js';
import { type Probe, pulled } from './loss-rules.js';

/** Two prompt tokens and four more: ids that any vocabulary has. */
export const text = Int32Array.of(2, 3, 4, 5, 6, 7);
export const promptLength = 2;
export const trained = text.length - promptLength;

/** Adam whose steps are the gradient itself, since epsilon is far above it: moves by rate * g. */
const far = 1e8;
export const plainDescent = (rate: number): AdamSettings => ({
  learningRate: rate * far,
  beta1: 0,
  beta2: 0,
  epsilon: far,
  weightDecay: 0,
});
/** No step at all, where epsilon is honoured; a step of Adam where it is not. */
export const bySign: AdamSettings = { ...plainDescent(0), learningRate: 0.05 };
/** Takes the gradient and leaves the weights. */
export const still: AdamSettings = { ...plainDescent(0), learningRate: 0 };

export class Trial {
  readonly model: TinkerModel;
  /** RL losses take `weights`. */
  takesWeights = true;

  constructor(model: TinkerModel) {
    this.model = model;
  }

  /** log pi of the four tokens. */
  async logprobs(): Promise<number[]> {
    const data = [datum({ tokens: text, promptLength }, { weights: new Float32Array(trained).fill(1) })];
    return ofWhole((await this.model.forward(data, { name: 'cross_entropy' })).outputs);
  }

  /**
   * A gradient, without its step. One of the datums must be of the whole text.
   * @param own log pi of the four tokens, as last seen
   * @returns log pi of the four tokens, as they are now
   */
  async pass(request: readonly Probe[], own: readonly number[], options: CallOptions = {}): Promise<number[]> {
    const data = request.map((probe) => this.datum(probe, own));
    return ofWhole((await this.model.forwardBackward(data, { name: 'importance_sampling' }, options)).outputs);
  }

  private datum({ advantage, weight = 1, ratio = 1, short = false }: Probe, own: readonly number[]): Datum {
    const length = short ? pulled : trained;
    return datum(
      { tokens: text.slice(0, promptLength + length), promptLength },
      {
        logprobs: Float32Array.from({ length }, (_, t) => (own[t] as number) - Math.log(ratio)),
        advantages: Float32Array.from({ length }, (_, t) => (t < pulled ? advantage : 0)),
        ...(this.takesWeights && { weights: new Float32Array(length).fill(weight) }),
      },
    );
  }
}

function ofWhole(outputs: readonly { readonly logprobs?: { readonly data: ArrayLike<number> } | undefined }[]) {
  const whole = outputs.find(({ logprobs }) => logprobs?.data.length === text.length - 1);
  return Array.from(whole?.logprobs?.data ?? []).slice(promptLength - 1);
}

/** Of a step; undefined where the server does not say it. */
export const gradNormOf = (metrics: Readonly<Record<string, number>>): number | undefined =>
  metrics['skyrl.ai/grad_norm'];

/** The largest difference; infinite where one is not a number. */
export const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => {
    const difference = Math.abs(value - (b[i] ?? Number.NaN));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }, 0);

/** How much more the two tokens that are pulled are expected. */
export const rise = (before: readonly number[], after: readonly number[]): number =>
  before.slice(0, pulled).reduce((sum, value, t) => sum + (after[t] as number) - value, 0);

/** Far above the rounding of half precision, far below what a step of a probe does. */
export const noticeable = 0.02;
