/**
 * One model on the server, that is a LoRA adapter on its base model. Calls go out in the order in which they are made, numbered, and are
 * repeated after lost answers under the same number, by which servers know a repetition; so nothing is applied twice. On a server that
 * does not look at numbers, a lost answer to what must not happen twice is an error.
 */
import type { AnswerOf, BodyOf, Datum, TrainingOutput } from '../wire/index.js';
import type { Delivery } from './caller.js';
import { checkName, checkpointPath, parseCheckpointPath } from './checkpoint-path.js';
import { type CallOptions, type Connection, resultOf } from './connection.js';
import { Sampler } from './sampler.js';
import { save } from './save.js';
import { type Loss, TrainingCalls } from './training-calls.js';
import { Turns } from './turns.js';
import { unloadModel } from './unload.js';

/** Adam's settings; what is not said is the server's default. Not every server honours all of them. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** Only where the server has it; others drop it silently. */
  readonly gradClipNorm?: number;
}

/** What a model needs of its session. */
export interface ModelHome {
  /** The server does not carry out a request again that comes again under its number. */
  readonly knowsRepetitions: boolean;
  /** Numbers the session's samplers, so that ephemeral checkpoints never share a name. */
  nextSampler(): number;
  openSampler(source: { modelPath: string }, options: CallOptions, checkpoint: string): Promise<Sampler>;
  released(model: TinkerModel): void;
}

export class TinkerModel {
  readonly id: string;
  private readonly connection: Connection;
  private readonly home: ModelHome;
  private readonly turns: Turns;
  private readonly training: TrainingCalls;

  /** Made by `TinkerSession.createModel` and `attachModel`. */
  constructor(connection: Connection, home: ModelHome, id: string, nextSequence: number) {
    this.connection = connection;
    this.home = home;
    this.id = id;
    this.turns = new Turns(id, nextSequence);
    this.training = new TrainingCalls(connection, this.turns, id, home);
  }

  /** The number that the next request takes when all that were asked for have been accepted. */
  get nextSequence(): number {
    return this.turns.next;
  }

  /** A request may or may not have been carried out: nothing more is sent by this handle but `unload`. */
  get uncertain(): boolean {
    return this.turns.uncertain;
  }

  /** Accumulates the loss's gradient. @throws SoarError TINKER_*, or the signal's reason */
  forwardBackward(data: readonly Datum[], loss: Loss, options: CallOptions = {}): Promise<TrainingOutput> {
    return this.training.run(data, loss, { ...options, forwardOnly: false });
  }

  /** Loss and log-probabilities, without a gradient. @throws SoarError TINKER_*, or the signal's reason */
  forward(data: readonly Datum[], loss: Loss, options: CallOptions = {}): Promise<TrainingOutput> {
    return this.training.run(data, loss, { ...options, forwardOnly: true });
  }

  /** One step of Adam on the accumulated gradient. @returns the server's metrics. @throws SoarError TINKER_*, or the signal's reason */
  async optimStep(adam: AdamSettings, options: CallOptions = {}): Promise<Record<string, number>> {
    const { learningRate, beta1, beta2, epsilon, weightDecay, gradClipNorm } = adam;
    const params = {
      learning_rate: learningRate,
      ...(beta1 !== undefined && { beta1 }),
      ...(beta2 !== undefined && { beta2 }),
      ...(epsilon !== undefined && { eps: epsilon }),
      ...(weightDecay !== undefined && { weight_decay: weightDecay }),
      ...(gradClipNorm !== undefined && { grad_clip_norm: gradClipNorm }),
    };
    const { metrics } = await this.numbered(
      'optimStep',
      (seq_id) => ({ model_id: this.id, adam_params: params, seq_id }),
      options,
    );
    return metrics ?? {};
  }

  /**
   * Replaces the weights, and Adam's moments if `optimizer` is true. Servers take it only as a model's first request.
   * @throws SoarError TINKER_PATH, TINKER_*, or the signal's reason
   */
  async loadWeights(path: string, { optimizer, ...options }: CallOptions & { optimizer: boolean }): Promise<void> {
    const checked = checkpointPath(parseCheckpointPath(path));
    await this.numbered('loadWeights', (seq_id) => ({ model_id: this.id, path: checked, optimizer, seq_id }), options);
  }

  /** Weights and optimizer under a new name. @returns the checkpoint's path. @throws SoarError TINKER_CHECKPOINT_EXISTS, TINKER_* */
  async saveWeights(name: string, options: CallOptions = {}): Promise<string> {
    checkName(name);
    const { signal } = options;
    const path = { model: this.id, kind: 'weights', name } as const;
    const body = (seq_id: number) => ({ model_id: this.id, path: name, seq_id });
    const send = (first: number, delivery: Delivery) =>
      save(this.connection, 'saveWeights', body(first), path, { delivery, signal });
    const { first, accepted } = await this.turns.take(1, send, signal);
    accept(options, first, accepted);
    if (accepted === undefined) return checkpointPath(path);
    const result = await resultOf(this.connection, 'saveWeights', accepted, { signal, subject: this.id });
    return result.path;
  }

  /** The weights as they are now, to sample from. @throws SoarError TINKER_*, or the signal's reason */
  async sampler(options: CallOptions = {}): Promise<Sampler> {
    const { signal } = options;
    const session = this.home.nextSampler();
    const pathOf = (seq: number) =>
      ({ model: this.id, kind: 'sampler_weights', name: `ss${session}_seq${seq}` }) as const;
    const send = (seq_id: number, delivery: Delivery) => {
      const body = { model_id: this.id, sampling_session_seq_id: session, seq_id };
      return save(this.connection, 'saveWeightsForSampler', body, pathOf(seq_id), { delivery, signal });
    };
    const { first, accepted } = await this.turns.take(1, send, signal);
    accept(options, first, accepted);
    const checkpoint = checkpointPath(pathOf(first));
    if (accepted === undefined) return this.home.openSampler({ modelPath: checkpoint }, { signal }, checkpoint);
    const result = await resultOf(this.connection, 'saveWeightsForSampler', accepted, { signal, subject: this.id });
    if (result.sampling_session_id) return new Sampler(this.connection, result.sampling_session_id, checkpoint);
    return this.home.openSampler({ modelPath: result.path as string }, { signal }, checkpoint);
  }

  /** As the server describes it. */
  info(options: CallOptions = {}): Promise<AnswerOf<'getInfo'>> {
    return this.connection.caller.call('getInfo', { model_id: this.id }, { signal: options.signal, subject: this.id });
  }

  /** Frees its place on the server, once what was asked for is sent. Twice is fine. @throws SoarError TINKER_* */
  async unload(options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    await this.turns.settled();
    await unloadModel(this.connection, this.id, signal);
    this.home.released(this);
  }

  /** A request in one part that carries a number. */
  private async numbered<N extends 'optimStep' | 'loadWeights'>(
    name: N,
    body: (sequence: number) => BodyOf<N>,
    options: CallOptions,
  ) {
    const { signal } = options;
    // A load that is done twice is one load.
    const repeatable = name === 'loadWeights' || this.home.knowsRepetitions;
    const send = async (sequence: number, delivery?: Delivery): Promise<string> => {
      const how = { signal, subject: this.id, repeatable, ...(delivery && { delivery }) };
      return (await this.connection.caller.call(name, body(sequence), how)).request_id;
    };
    const { first, accepted } = await this.turns.take(1, send, signal);
    accept(options, first, accepted);
    const resubmit = () => send(first);
    return resultOf(this.connection, name, accepted, { signal, subject: this.id, ...(repeatable && { resubmit }) });
  }
}

function accept({ onAccepted }: CallOptions, sequence: number, requestId: string | undefined): void {
  onAccepted?.({ sequence, requestIds: requestId === undefined ? [] : [requestId] });
}
