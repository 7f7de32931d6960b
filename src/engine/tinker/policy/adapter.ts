/**
 * One adapter on the server, as a policy uses it: passes, steps, snapshots to sample from. Everything that makes servers differ in
 * what they do to an adapter is handled here.
 */
import { SoarError } from '../../../errors.js';
import type { OptimizerStep, Sequence } from '../../engine.js';
import type { AdamSettings, Sampler, TinkerModel } from '../client/index.js';
import { datum, type LossRequest } from '../profiles/objective.js';
import { emptyStep } from '../waiting-gradients.js';
import type { TrainingOutput } from '../wire/index.js';
import type { Service } from './service.js';

export interface StepResult {
  /** [datum][position], of the policy before the step; position t predicts token t + 1. */
  readonly logprobs: readonly Float32Array[];
  /** NaN where the server does not say it. */
  readonly gradNorm: number;
}

export class Adapter {
  readonly model: TinkerModel;
  /** Weights came without an optimizer, from elsewhere than the base. */
  readonly loadedWithoutOptimizer: boolean;
  /** What went wrong between a gradient and its step: nobody can say what the weights are. */
  lost: SoarError | undefined;
  private readonly service: Service;
  private snapshot: Sampler | undefined;
  /** Checkpoints of snapshots that are not sampled any more. */
  private readonly stale = new Set<string>();
  private tidying: Promise<void> = Promise.resolve();
  private gradientsWait = false;
  private saves = 0;

  constructor(service: Service, model: TinkerModel, loadedWithoutOptimizer: boolean) {
    this.service = service;
    this.model = model;
    this.loadedWithoutOptimizer = loadedWithoutOptimizer;
  }

  /** Of the weights as they are now. Every sample of it must have come back before the next step: one server rolls training back else. */
  async sampler(): Promise<Sampler> {
    this.snapshot ??= await this.model.sampler({ signal: this.service.signal });
    return this.snapshot;
  }

  /** [sequence][completion token]. No sequence may be without completion. */
  async logprobs(sequences: readonly Sequence[]): Promise<Float32Array[]> {
    const data = sequences.map((sequence) => {
      const length = sequence.tokens.length - sequence.promptLength;
      return datum(sequence, { weights: new Float32Array(length).fill(1) });
    });
    const output = await this.model.forward(data, { name: 'cross_entropy' }, { signal: this.service.signal });
    return logprobsOf(output).map((row, i) => row.slice((sequences[i] as Sequence).promptLength - 1));
  }

  /** A gradient and its step, sent back to back where they cannot overtake each other. @throws SoarError TINKER_*; ENGINE_NOT_FINITE */
  async step({ data, lossFn }: LossRequest, adam: OptimizerStep): Promise<StepResult> {
    const { signal, profile } = this.service;
    this.gradientsWait = true;
    let receipt: Promise<void> | undefined;
    let accepted = false;
    const onAccepted = () => {
      accepted = true;
    };
    const passing = this.model.forwardBackward(data, { name: lossFn }, { signal, onAccepted });
    const stepping = () =>
      this.model.optimStep(adamSettings(adam), {
        signal,
        onAccepted: ({ sequence }) => {
          const tokens = data.reduce((sum, one) => sum + one.tokens.length + 1, 0);
          receipt = this.service.journal.record({ event: 'stepped', adapter: this.model.id, sequence, tokens });
          receipt.catch(() => undefined);
        },
      });
    const [pass, step] = await Promise.allSettled([
      passing,
      profile.stepsOvertake ? passing.then(stepping) : stepping(),
    ]);
    if (pass.status === 'rejected') {
      // Refused before it was accepted: the step behind it was not sent, and all is as it was.
      const dropped = step.status === 'rejected' && codeOf(step.reason) === 'TINKER_TURN_DROPPED';
      const unsent = profile.stepsOvertake ? !accepted && !this.model.uncertain : dropped;
      if (unsent) this.gradientsWait = uncertainCodes.has(codeOf(pass.reason) ?? '');
      if (!unsent || this.gradientsWait) throw this.lose(pass.reason);
      throw pass.reason;
    }
    if (step.status === 'rejected') throw this.lose(step.reason);
    this.gradientsWait = false;
    this.dropSnapshot();
    try {
      await receipt;
      return finite({ logprobs: logprobsOf(pass.value), gradNorm: step.value['skyrl.ai/grad_norm'] ?? Number.NaN });
    } catch (error) {
      throw this.lose(error);
    }
  }

  /** Weights and optimizer. @returns the checkpoint's path; the caller has written it down before */
  async save(intent: (path: string) => Promise<void>): Promise<string> {
    const name = `v${this.saves++}`;
    await intent(`tinker://${this.model.id}/weights/${name}`);
    return this.model.saveWeights(name, { signal: this.service.signal });
  }

  /** Frees the adapter's place and deletes its snapshots. */
  async release(): Promise<void> {
    const { profile, cleanup, journal } = this.service;
    const options = { signal: cleanup() };
    if (this.gradientsWait && profile.gradientsOutliveModel) {
      await this.model
        .optimStep(emptyStep, options)
        // Also where it is not known what arrived, and this handle sends nothing more.
        .catch(() =>
          this.model.uncertain ? this.service.attachAhead(this.model.id).optimStep(emptyStep, options) : {},
        )
        .catch(() => undefined);
    }
    this.dropSnapshot();
    await this.tidying;
    await this.model.unload(options);
    await journal.record({ event: 'released', adapter: this.model.id });
  }

  /** Nobody waits for its deletion, but the adapter's release. */
  private dropSnapshot(): void {
    if (this.snapshot?.checkpoint) this.stale.add(this.snapshot.checkpoint);
    this.snapshot = undefined;
    this.tidying = this.tidying.then(() => this.deleteStale());
  }

  private async deleteStale(): Promise<void> {
    for (const path of this.stale) {
      try {
        await this.service.client.deleteCheckpoint(path, { signal: this.service.cleanup() });
        this.stale.delete(path);
      } catch (error) {
        // It is in nobody's way: the next time. Whoever closes the engine waits no longer.
        if (!(error instanceof SoarError) && !this.service.signal.aborted) throw error;
      }
    }
  }

  /** @returns the cause, to be thrown now; later calls find the policy lost */
  private lose(cause: unknown): unknown {
    const why = cause instanceof Error ? cause.message : `${cause}`;
    this.lost = new SoarError(
      'TINKER_POLICY_LOST',
      `an update failed half-way, and the policy is not what it should be: ${why}`,
      {
        where: this.model.id,
        kind: 'environment',
        remedy: 'what was finished is kept: `soar resume` makes the policy again from its last checkpoint',
        cause,
      },
    );
    return cause;
  }
}

const uncertainCodes = new Set(['TINKER_UNREACHABLE', 'TINKER_UNCERTAIN', 'TINKER_UNAVAILABLE', 'TINKER_ANSWER']);
const codeOf = (error: unknown): string | undefined => (error instanceof SoarError ? error.code : undefined);

const adamSettings = (step: OptimizerStep): AdamSettings => ({
  learningRate: step.learningRate,
  beta1: step.beta1,
  beta2: step.beta2,
  epsilon: step.epsilon,
  weightDecay: step.weightDecay,
  ...(step.maxGradNorm > 0 && { gradClipNorm: step.maxGradNorm }),
});

function finite(result: StepResult): StepResult {
  const { logprobs, gradNorm } = result;
  const broken = gradNorm === Number.POSITIVE_INFINITY || logprobs.some((row) => row.some(Number.isNaN));
  if (!broken) return result;
  throw new SoarError('ENGINE_NOT_FINITE', `the gradient norm ${gradNorm} or a log-probability is not finite`, {
    remedy: 'lower the learning rate, or have the service clip gradients',
  });
}

function logprobsOf({ outputs }: TrainingOutput): Float32Array[] {
  return outputs.map(({ logprobs }, i) => {
    if (logprobs) return logprobs.dtype === 'float32' ? logprobs.data : Float32Array.from(logprobs.data);
    throw new SoarError('TINKER_ANSWER', `datum ${i} came back without log-probabilities`, {
      kind: 'environment',
      remedy: 'use a service that returns them: the loss and the sampling drift are worked out from them',
    });
  });
}
