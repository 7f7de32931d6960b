/**
 * An adapter that trains: a policy of an in-process engine, and what waits for its next optimizer step. The gradient is computed when
 * the step is made, which is the same unless the weights were exchanged after the pass (a rollback, another's decay, another's slot).
 */
import { createHash } from 'node:crypto';
import { SoarError } from '../../../errors.js';
import type { OptimizerStep, Policy, PolicyState } from '../../engine.js';
import type { SampleOutput } from '../wire/sampling.js';
import type { TrainingRequest } from '../wire/training.js';
import type { Draw, PassResult, ServedAdapter, Snapshot } from './backend.js';
import { batchOf, countedTokens, lossOf, sequenceOf, type WaitingDatum } from './losses.js';
import type { AdamSettings, ServerProfile } from './profile.js';
import { OperationFailed } from './refusal.js';
import { drawAsServed } from './sampling.js';

export class TrainedAdapter implements ServedAdapter {
  private readonly policy: Policy;
  private readonly rank: number;
  private readonly profile: ServerProfile;
  private waiting: WaitingDatum[];
  /** Weights that a load did not reach and that the next step will start from. */
  private masters: Float32Array | undefined;
  private named: string | undefined;

  /** Takes the policy over. */
  constructor(policy: Policy, rank: number, profile: ServerProfile, left: readonly WaitingDatum[]) {
    this.policy = policy;
    this.rank = rank;
    this.profile = profile;
    this.waiting = [...left];
  }

  async version(): Promise<string> {
    this.named ??= versionOf(weightsOf(await this.policy.save({ optimizer: false })));
    return this.named;
  }

  async forward(request: TrainingRequest): Promise<PassResult> {
    return this.pass(request).then(({ logprobs, datums }) => ({
      logprobs,
      losses: datums.map(({ losses }) => losses),
    }));
  }

  async forwardBackward(request: TrainingRequest): Promise<PassResult> {
    const { logprobs, datums } = await this.pass(request);
    this.waiting.push(...datums);
    return { logprobs, losses: datums.map(({ losses }) => losses) };
  }

  private async pass({ data, lossFn, lossFnConfig = {} }: TrainingRequest) {
    const logprobs = await asked(this.policy.logprobs(data.map(sequenceOf)));
    const rule = this.profile.loss;
    const tokens = countedTokens(data, rule);
    const how = { fn: lossFn, config: lossFnConfig, rule, datums: data.length, tokens };
    return { logprobs, datums: data.map((datum, i) => lossOf(datum, logprobs[i]!, how)) };
  }

  async step(adam: AdamSettings): Promise<number> {
    const { waiting } = this;
    if (waiting.length === 0 && this.profile.stepWithoutGradients === 'fails') {
      throw new OperationFailed('No accumulated gradients: call forward_backward before optim_step', 'server');
    }
    this.waiting = [];
    const before = this.masters && weightsOf(await this.policy.save({ optimizer: false }));
    const { gradNorm } = await asked(this.policy.update(batchOf(waiting, this.profile.loss), optimizerStep(adam)));
    this.named = undefined;
    if (this.masters && before) await this.moveMasters(this.masters, before, adam);
    return gradNorm;
  }

  /** The step's change, but of the masters: what was loaded is gone. Decay is that of the masters too. */
  private async moveMasters(masters: Float32Array, before: Float32Array, adam: AdamSettings): Promise<void> {
    const decay = adam.learning_rate * adam.weight_decay;
    await this.change((after) =>
      after.map((w, i) => masters[i]! + (w - before[i]!) + decay * (before[i]! - masters[i]!)),
    );
    this.masters = undefined;
  }

  async snapshot(optimizer: boolean): Promise<Snapshot> {
    return { rank: this.rank, version: await this.version(), state: await this.policy.save({ optimizer }) };
  }

  async load({ state }: Snapshot, optimizer: boolean): Promise<void> {
    if (!optimizer && this.profile.weightsOnlyLoadUndone) {
      this.masters ??= weightsOf(await this.policy.save({ optimizer: false }));
    } else this.masters = undefined;
    await this.policy.load(optimizer ? state! : withoutOptimizer(state!));
    this.named = undefined;
  }

  async overwrite({ state }: Snapshot): Promise<void> {
    await this.change(() => weightsOf(state!));
  }

  async scale(factor: number): Promise<void> {
    await this.change((weights) => weights.map((weight) => weight * factor));
  }

  private async change(to: (weights: Float32Array) => Float32Array): Promise<void> {
    const state = await this.policy.save();
    await this.policy.load({ ...state, arrays: { ...state.arrays, weights: to(weightsOf(state)) } });
    this.named = undefined;
  }

  sample(draw: Draw): Promise<SampleOutput> {
    return sampleOf(this.policy, draw);
  }

  gradients(): readonly WaitingDatum[] {
    return this.waiting;
  }

  async release(): Promise<readonly WaitingDatum[]> {
    await this.policy.release();
    return this.waiting;
  }
}

/** Of adapters: the flat array of `checkpoints/lora.ts`. */
export const weightsOf = (state: PolicyState): Float32Array => state.arrays.weights!;

export function withoutOptimizer({ format, facts, arrays }: PolicyState): PolicyState {
  return { format, facts: { layout: facts.layout! }, arrays: { weights: arrays.weights! } };
}

function versionOf(weights: Float32Array): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  return createHash('sha256').update(bytes).digest('hex').slice(0, 12);
}

export async function sampleOf(policy: Policy, draw: Draw): Promise<SampleOutput> {
  const { prompt, count, seed, options } = draw;
  const sequences = await asked(drawAsServed(policy, prompt, count, seed, options));
  if (!draw.promptLogprobs) return { sequences };
  const [promptLogprobs] = await policy.logprobs([{ tokens: prompt, promptLength: 1 }]);
  return { sequences, promptLogprobs: promptLogprobs! };
}

/** A refusal of the engine is the caller's mistake: a token that is not in the vocabulary, a text that is too long. */
function asked<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw error instanceof SoarError ? new OperationFailed(`${error.code}: ${error.message}`) : error;
  });
}

const optimizerStep = (adam: AdamSettings): OptimizerStep => ({
  learningRate: adam.learning_rate,
  beta1: adam.beta1,
  beta2: adam.beta2,
  epsilon: adam.eps,
  weightDecay: adam.weight_decay,
  maxGradNorm: adam.grad_clip_norm,
});
