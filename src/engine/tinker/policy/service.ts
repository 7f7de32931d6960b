/** What the policies of one engine share: the session, what is known of the server, the journal, and the adapter that nobody trains. */
import { SoarError } from '../../../errors.js';
import type { Sampler, TinkerClient, TinkerModel, TinkerSession } from '../client/index.js';
import type { TinkerJournal } from '../journal.js';
import type { TinkerProfile } from '../profiles/profile.js';
import { attachAhead } from '../waiting-gradients.js';
import { Adapter } from './adapter.js';
import type { Checkpoints } from './checkpoints.js';
import { checkpointFault, creationFault } from './faults.js';

export interface ServiceParts {
  readonly client: TinkerClient;
  readonly session: TinkerSession;
  readonly profile: TinkerProfile;
  /** The base model's name on the server. */
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
  readonly journal: TinkerJournal;
  readonly checkpoints: Checkpoints;
}

/** Where an adapter's first weights and optimizer come from: a checkpoint, or the base model. */
export interface Origin {
  readonly path: string;
  readonly optimizer: boolean;
}

/** Milliseconds for what has to be tidied up when the engine closes. */
const closingPatience = 10_000;

export class Service {
  readonly client: TinkerClient;
  readonly profile: TinkerProfile;
  readonly rank: number;
  readonly journal: TinkerJournal;
  readonly checkpoints: Checkpoints;
  private readonly parts: ServiceParts;
  private readonly ending = new AbortController();
  private readonly adapters = new Set<Adapter>();
  private base: Promise<Sampler> | undefined;
  private untouched: Promise<Adapter> | undefined;
  private closed: Promise<void> | undefined;

  constructor(parts: ServiceParts) {
    this.parts = parts;
    this.client = parts.client;
    this.profile = parts.profile;
    this.rank = parts.rank;
    this.journal = parts.journal;
    this.checkpoints = parts.checkpoints;
  }

  /** Ends all work when the engine closes. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** For what is tidied up: as patient as work is, until the engine closes. */
  readonly cleanup = (): AbortSignal => (this.closed ? AbortSignal.timeout(closingPatience) : this.signal);

  /** @throws SoarError ENGINE_CLOSED */
  checkOpen(): void {
    if (!this.closed) return;
    throw new SoarError('ENGINE_CLOSED', 'the engine was closed', { kind: 'internal', remedy: 'open a new engine' });
  }

  /** @throws SoarError TINKER_SLOTS, TINKER_RANK, TINKER_CHECKPOINT_LOST, TINKER_* */
  async makeAdapter(origin?: Origin): Promise<Adapter> {
    const { session, baseModel, rank, seed, journal } = this.parts;
    let request = '';
    let intent: Promise<void> | undefined;
    const model = await session
      .createModel({
        baseModel,
        rank,
        seed,
        signal: this.signal,
        onAccepted: ({ requestIds }) => {
          request = requestIds[0] ?? '';
          intent = journal.record({ event: 'creating', request });
          // Looked at below; not at all where creating fails first.
          intent.catch(() => undefined);
        },
      })
      .catch((error: unknown) => {
        throw creationFault(error, rank);
      });
    await intent;
    // The promise is in the journal, and leads to the name: that may be written while weights are loaded.
    const named = journal.record({ event: 'created', request, adapter: model.id });
    named.catch(() => undefined);
    const adapter = new Adapter(this, model, origin !== undefined && !origin.optimizer);
    this.adapters.add(adapter);
    if (origin) {
      const { path, optimizer } = origin;
      await model.loadWeights(path, { optimizer, signal: this.signal }).catch(async (error: unknown) => {
        await this.releaseAdapter(adapter);
        throw checkpointFault(error, path);
      });
    }
    await named;
    return adapter;
  }

  /** Another handle on an adapter, where what was last asked of it is not known to have been done. */
  attachAhead(adapter: string): TinkerModel {
    return attachAhead(this.parts.session, adapter);
  }

  /** Does not fail: what could not be freed stands in the journal as not released, and is freed when the engine closes or by the next process. */
  async releaseAdapter(adapter: Adapter): Promise<void> {
    try {
      await adapter.release();
      this.adapters.delete(adapter);
    } catch (error) {
      if (!(error instanceof SoarError)) throw error;
    }
  }

  /** The base model itself. Only where the profile has it. */
  baseSampler(): Promise<Sampler> {
    this.base ??= this.parts.session
      .openSampler({ baseModel: this.parts.baseModel }, { signal: this.signal })
      .catch((error: unknown) => {
        this.base = undefined;
        throw error;
      });
    return this.base;
  }

  /** An adapter as it was made, which is the base model: nobody trains it, all may ask it. */
  untouchedAdapter(): Promise<Adapter> {
    this.untouched ??= this.makeAdapter().catch((error: unknown) => {
      this.untouched = undefined;
      throw error;
    });
    return this.untouched;
  }

  /** Stops what is under way and frees what the server holds, as far as it answers soon. */
  close(): Promise<void> {
    this.closed ??= this.tidy();
    return this.closed;
  }

  private async tidy(): Promise<void> {
    await Promise.resolve();
    this.ending.abort(
      new SoarError('ENGINE_CLOSED', 'the engine was closed', { kind: 'internal', remedy: 'open a new engine' }),
    );
    // What is not freed now, the next process finds in the journal, and the server when heartbeats stay away.
    await Promise.allSettled([...this.adapters].map((adapter) => adapter.release()));
    await this.client.close({ signal: AbortSignal.timeout(closingPatience) }).catch(() => undefined);
  }
}
