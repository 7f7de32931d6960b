/** The client of one Tinker server: tells what the server has, and opens sessions. */
import { SoarError } from '../../../errors.js';
import type { AnswerOf, Checkpoint, PromisingCall, ResultOf, TrainingRun } from '../wire/index.js';
import { Budget } from './budget.js';
import { parseCheckpointPath } from './checkpoint-path.js';
import { type Connection, resultOf, type ServerConfig } from './connection.js';
import type { FromHeartbeats } from './heartbeat-messages.js';
import { type HeartbeatOptions, Heartbeats } from './heartbeats.js';
import { TinkerSession } from './session.js';
import { Shared } from './shared.js';
import { trainingRuns } from './training-runs.js';

export interface Notice {
  readonly kind: 'uncompressed' | 'session' | 'server';
  readonly text: string;
}

export interface Stoppable {
  readonly signal?: AbortSignal | undefined;
}

export interface SessionOptions extends Stoppable {
  readonly tags?: readonly string[];
  readonly userMetadata?: Readonly<Record<string, string>>;
  /** The hosted service's. */
  readonly projectId?: string;
}

/** What `connect` settles. */
export interface ClientSettings {
  readonly version: string;
  readonly exclusive: boolean;
  readonly notice: (notice: Notice) => void;
  readonly heartbeat: HeartbeatOptions;
}

export class TinkerClient {
  /** What the server's configuration says, defaults filled in. */
  readonly config: ServerConfig;
  /** The form of training bodies and results. */
  readonly form: 'json' | 'protobuf';
  /** Of training bodies. */
  readonly compression: 'zstd' | 'none';
  private readonly connection: Connection;
  private readonly settings: ClientSettings;
  private readonly heartbeats: Heartbeats;
  private readonly sessions = new Map<string, TinkerSession>();
  private readonly known = new Set<string>();
  private readonly creations = new Budget(1);
  private served: Shared<AnswerOf<'capabilities'>> | undefined;

  /** Made by `connect`. */
  constructor(connection: Connection, settings: ClientSettings) {
    this.connection = connection;
    this.settings = settings;
    this.config = connection.config;
    this.form = connection.protobuf ? 'protobuf' : 'json';
    this.compression = connection.zstd ? 'zstd' : 'none';
    this.heartbeats = new Heartbeats(settings.heartbeat, (message) => this.hear(message));
  }

  /** The models that the server has; asked for once. */
  capabilities({ signal }: Stoppable = {}): Promise<AnswerOf<'capabilities'>> {
    const { caller } = this.connection;
    if (!this.served || this.served.state === 'failed') {
      this.served = new Shared((shared) => caller.call('capabilities', undefined, { signal: shared }));
    }
    return this.served.wait(signal);
  }

  /** Some servers answer before they can train. */
  async health({ signal }: Stoppable = {}): Promise<string> {
    return (await this.connection.caller.call('health', undefined, { signal })).status;
  }

  /** @throws SoarError TINKER_SESSION where the server refuses it in words, TINKER_*, or the signal's reason */
  async openSession({ tags = [], userMetadata, projectId, signal }: SessionOptions = {}): Promise<TinkerSession> {
    const body = {
      tags: [...tags],
      sdk_version: this.settings.version,
      ...(userMetadata && { user_metadata: { ...userMetadata } }),
      ...(projectId !== undefined && { project_id: projectId }),
    };
    const answer = await this.connection.caller.call('createSession', body, { signal });
    if (answer.error_message) {
      const { redact } = this.connection.caller.settings.credentials;
      throw new SoarError('TINKER_SESSION', `the server opened no session: ${redact(answer.error_message)}`, {
        where: this.connection.caller.settings.baseUrl,
        kind: 'environment',
        remedy: 'do what the message says',
      });
    }
    for (const text of [answer.info_message, answer.warning_message]) if (text) this.notice('server', text);
    const { connection, known, creations } = this;
    const home = {
      connection,
      known,
      creations,
      exclusive: this.settings.exclusive,
      capabilities: (options: Stoppable = {}) => this.capabilities(options),
      ended: ({ id }: TinkerSession) => {
        this.heartbeats.stop(id);
        this.sessions.delete(id);
      },
    };
    const session = new TinkerSession(home, answer.session_id);
    this.sessions.set(session.id, session);
    this.heartbeats.start(session.id);
    return session;
  }

  /** The result of a request that was accepted earlier, perhaps of another process. */
  result<N extends PromisingCall>(call: N, requestId: string, { signal }: Stoppable = {}): Promise<ResultOf<N>> {
    return resultOf(this.connection, call, requestId, { signal });
  }

  /** All models that the server remembers, unloaded ones too. */
  trainingRuns({ signal }: Stoppable = {}): Promise<TrainingRun[]> {
    return trainingRuns(this.connection.caller, signal);
  }

  trainingRun(model: string, { signal }: Stoppable = {}): Promise<TrainingRun> {
    return this.connection.caller.call('trainingRun', undefined, { parameters: { run: model }, signal });
  }

  async checkpoints(model: string, { signal }: Stoppable = {}): Promise<Checkpoint[]> {
    const options = { parameters: { run: model }, signal };
    return (await this.connection.caller.call('checkpoints', undefined, options)).checkpoints;
  }

  /** @returns whether it was there. @throws SoarError TINKER_PATH, TINKER_*, or the signal's reason */
  async deleteCheckpoint(path: string, { signal }: Stoppable = {}): Promise<boolean> {
    const { model: run, kind, name } = parseCheckpointPath(path);
    try {
      await this.connection.caller.send('deleteCheckpoint', undefined, { parameters: { run, kind, name }, signal });
      return true;
    } catch (error) {
      if (error instanceof SoarError && error.code === 'TINKER_NOT_FOUND') return false;
      throw error;
    }
  }

  weightsInfo(path: string, { signal }: Stoppable = {}): Promise<AnswerOf<'weightsInfo'>> {
    return this.connection.caller.call('weightsInfo', { tinker_path: path }, { signal });
  }

  /** Closes its sessions. @throws what closing one throws; all are closed and the heartbeats end all the same */
  async close(options: Stoppable = {}): Promise<void> {
    const ends = await Promise.allSettled(Array.from(this.sessions.values(), (session) => session.close(options)));
    await this.heartbeats.close();
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
  }

  private hear({ session: id, state, code }: FromHeartbeats): void {
    const session = this.sessions.get(id);
    if (!session || session.state === 'closed') return;
    session.state = state;
    this.notice('session', `the session ${id} is ${state}${code ? ` (${code})` : ''}`);
  }

  private notice(kind: Notice['kind'], text: string): void {
    this.settings.notice({ kind, text });
  }
}
