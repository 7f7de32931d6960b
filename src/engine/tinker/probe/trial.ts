/** What a probe does to an adapter of its own: tiny passes and steps, and how large a gradient was, by whichever way the server shows it. */

import type { AdamSettings, TinkerModel } from '../client/index.js';
import { datum } from '../profiles/objective.js';
import type { Datum } from '../wire/training.js';

/** Two prompt tokens and four more: ids that any vocabulary has. */
export const text = Int32Array.of(2, 3, 4, 5, 6, 7);
const promptLength = 2;
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

export interface Values {
  readonly advantages: readonly number[];
  readonly weights?: readonly number[];
  /** Added to the policy's own log-probabilities to give the sampler's. */
  readonly shift?: number;
}

export class Trial {
  readonly model: TinkerModel;
  /** RL losses take `weights`. */
  takesWeights = true;

  /** As they were when last asked for, until a step may have changed them. */
  private known: number[] | undefined;

  constructor(model: TinkerModel) {
    this.model = model;
  }

  /** log pi of the four tokens. */
  async logprobs(): Promise<number[]> {
    if (this.known) return this.known;
    const data = [datum({ tokens: text, promptLength }, { weights: ones })];
    const { outputs } = await this.model.forward(data, { name: 'cross_entropy' });
    this.known = Array.from(outputs[0]?.logprobs?.data ?? []).slice(promptLength - 1);
    return this.known;
  }

  /** To be asked for again: something else than a step may have changed them. */
  forget(): void {
    this.known = undefined;
  }

  /** Requests of datums, each sent on its own, and one step on all of them. @returns the server's metrics of the step */
  async step(requests: readonly (readonly Values[])[], own: readonly number[], adam: AdamSettings) {
    const passes = requests.map((request) =>
      this.model.forwardBackward(
        request.map((values) => this.datum(values, own)),
        { name: 'importance_sampling' },
      ),
    );
    const step = this.model.optimStep(adam);
    // Some servers listen to the learning rate alone; at 0 nothing moves anywhere.
    if (adam.learningRate !== 0) this.forget();
    const ends = await Promise.allSettled([...passes, step]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return step;
  }

  private datum({ advantages, weights, shift = 0 }: Values, own: readonly number[]): Datum {
    return datum(
      { tokens: text, promptLength },
      {
        logprobs: Float32Array.from(own, (logp) => logp + shift),
        advantages: Float32Array.from(advantages),
        ...(this.takesWeights && { weights: Float32Array.from(weights ?? ones) }),
      },
    );
  }
}

const ones = new Float32Array(trained).fill(1);

export const gradNormOf = (metrics: Readonly<Record<string, number>>): number | undefined =>
  metrics['skyrl.ai/grad_norm'];

/** The largest difference. */
export const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);

/** Far above the rounding of half precision, far below what a step of a probe does. */
export const noticeable = 0.02;
