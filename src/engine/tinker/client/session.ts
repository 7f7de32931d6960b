/** A session: models and samplers that live and die together. The server clears it when its heartbeats stay away. */
import { randomUUID } from 'node:crypto';
import { SoarError } from '../../../errors.js';
import type { AnswerOf } from '../wire/index.js';
import type { Budget } from './budget.js';
import { type CallOptions, type Connection, resultOf } from './connection.js';
import type { FromHeartbeats } from './heartbeat-messages.js';
import { settleLostCreation } from './lost-creation.js';
import { type ModelHome, TinkerModel } from './model.js';
import { Sampler } from './sampler.js';
import { unloadModel } from './unload.js';

export interface ModelOptions extends CallOptions {
  /** Must be what the server serves: some train whatever they have under any name. */
  readonly baseModel: string;
  readonly rank: number;
  /** Of the adapter's first weights. */
  readonly seed?: number;
}

/** What a session needs of its client. */
export interface SessionHome {
  readonly connection: Connection;
  readonly exclusive: boolean;
  /** Ids of all models that this client knows. */
  readonly known: Set<string>;
  /** Creations are sent one at a time, so that a lost one can be told from others. */
  readonly creations: Budget;
  capabilities(options?: { signal?: AbortSignal | undefined }): Promise<AnswerOf<'capabilities'>>;
  ended(session: TinkerSession): void;
}

const mostCreations = 3;

export class TinkerSession implements ModelHome {
  readonly id: string;
  /** As the heartbeats find it; `silent` for a while is no reason to stop. */
  state: FromHeartbeats['state'] | 'closed' = 'alive';
  /**
   * The server does not carry out a request again that comes again under its number. Set it to false for one that does not look at
   * numbers: then a lost answer to a gradient or a step is an error, and nothing is repeated.
   */
  knowsRepetitions = true;
  private readonly home: SessionHome;
  private readonly models = new Set<string>();
  private creations = 0;
  private samplers = 0;

  /** Made by `TinkerClient.openSession`. */
  constructor(home: SessionHome, id: string) {
    this.home = home;
    this.id = id;
  }

  /**
   * A new adapter on the base model, ready for use.
   * @throws SoarError TINKER_BASE_MODEL, TINKER_RANK, TINKER_CREATE_UNKNOWN, TINKER_FAILED where the server has no room for it, TINKER_*
   */
  async createModel({ baseModel, rank, seed, signal, onAccepted }: ModelOptions): Promise<TinkerModel> {
    this.checkAlive();
    await this.checkBaseModel(baseModel, signal);
    const { connection, creations, known } = this.home;
    const { request_id, model_id } = await creations.use(
      1,
      () => this.create({ baseModel, rank, ...(seed !== undefined && { seed }) }, signal),
      signal,
    );
    if (model_id) this.remember(model_id);
    onAccepted?.({ sequence: 0, requestIds: [request_id] });
    const result = await resultOf(connection, 'createModel', request_id, { signal, subject: this.id });
    this.remember(result.model_id);
    known.add(result.model_id);
    const made = result.lora_config?.rank ?? rank;
    if (made !== rank) {
      throw new SoarError('TINKER_RANK', `the server made an adapter of rank ${made} where ${rank} was asked for`, {
        where: result.model_id,
        remedy: 'ask for a rank that the server is set up for',
      });
    }
    return new TinkerModel(connection, this, result.model_id, 1);
  }

  /** A model that was made before, for example by a process that ended; `nextSequence` goes on where that one stopped. */
  attachModel(id: string, { nextSequence }: { nextSequence: number }): TinkerModel {
    this.checkAlive();
    this.remember(id);
    return new TinkerModel(this.home.connection, this, id, nextSequence);
  }

  /** Sampling from the base model, or from a checkpoint made for samplers. @throws SoarError TINKER_*, or the signal's reason */
  async openSampler(
    source: { readonly baseModel: string } | { readonly modelPath: string },
    { signal }: CallOptions = {},
    checkpoint?: string,
  ): Promise<Sampler> {
    this.checkAlive();
    const { caller } = this.home.connection;
    const of = 'baseModel' in source ? { base_model: source.baseModel } : { model_path: source.modelPath };
    const body = { session_id: this.id, sampling_session_seq_id: this.nextSampler(), ...of };
    const { sampling_session_id } = await caller.call('createSamplingSession', body, { signal, subject: this.id });
    return new Sampler(this.home.connection, sampling_session_id, checkpoint);
  }

  nextSampler(): number {
    return this.samplers++;
  }

  released({ id }: TinkerModel): void {
    this.models.delete(id);
  }

  /** Unloads its models and lets the session end. @throws SoarError TINKER_* where one could not be unloaded; the session ends all the same */
  async close({ signal }: CallOptions = {}): Promise<void> {
    if (this.state === 'closed') return;
    const ends = await Promise.allSettled(
      Array.from(this.models, (id) => unloadModel(this.home.connection, id, signal)),
    );
    this.abandon();
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
  }

  /** Stops its heartbeats without a word to the server, which then clears it in its own time. */
  abandon(): void {
    this.state = 'closed';
    this.home.ended(this);
  }

  private async create(
    { baseModel, rank, seed }: { baseModel: string; rank: number; seed?: number },
    signal: AbortSignal | undefined,
  ): Promise<AnswerOf<'createModel'>> {
    const { connection, exclusive, known } = this.home;
    const { caller } = connection;
    for (let tries = 1; ; tries++) {
      const number = this.creations++;
      const marker = randomUUID();
      const since = caller.serverTime;
      const body = {
        session_id: this.id,
        base_model: baseModel,
        lora_config: { rank, ...(seed !== undefined && { seed }) },
        model_seq_id: number,
        user_metadata: { request: marker },
      };
      try {
        return await caller.call('createModel', body, { signal, repeatable: false, subject: this.id });
      } catch (error) {
        const lost = error instanceof SoarError && error.code === 'TINKER_UNCERTAIN';
        if (!lost || tries === mostCreations) throw error;
        const creation = { session: this.id, number, marker, baseModel, rank, since, known, exclusive };
        await settleLostCreation(connection, creation, signal);
      }
    }
  }

  private remember(id: string): void {
    this.models.add(id);
    this.home.known.add(id);
  }

  private checkAlive(): void {
    if (this.state === 'closed') {
      throw new SoarError('TINKER_CLOSED', 'the session is closed', { where: this.id, remedy: 'open another one' });
    }
    if (this.state === 'unkept') {
      throw new SoarError('TINKER_HEARTBEATS', 'the thread that keeps the session alive ended again and again', {
        where: this.id,
        kind: 'environment',
        remedy: 'look at memory and limits of this machine, then go on from a checkpoint in another process',
      });
    }
    if (this.state !== 'lost') return;
    throw new SoarError('TINKER_SESSION_LOST', 'the server no longer knows the session, nor its models', {
      where: this.id,
      kind: 'environment',
      remedy: 'it was restarted or cleared the session: open another one and go on from a checkpoint',
    });
  }

  private async checkBaseModel(baseModel: string, signal: AbortSignal | undefined): Promise<void> {
    const { supported_models } = await this.home.capabilities({ signal });
    const names = supported_models.map(({ model_name }) => model_name).filter((name) => name != null);
    if (names.length === 0 || names.includes(baseModel)) return;
    throw new SoarError('TINKER_BASE_MODEL', `the server does not serve ${baseModel}`, {
      where: this.home.connection.caller.settings.baseUrl,
      remedy: `it has ${names.slice(0, 20).join(', ')}`,
    });
  }
}
