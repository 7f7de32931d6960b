/** The adapters in a server's memory, and what each operation does to them. Nothing here knows HTTP. */
import type { Backend, Draw, Gradients, ServedAdapter, Snapshot } from './backend.js';
import type { OperationLog } from './operation-log.js';
import type { AdamSettings, ServerProfile } from './profile.js';
import { OperationFailed } from './refusal.js';

export interface LoadedModel {
  readonly adapter: ServedAdapter;
  readonly slot: number;
  /** Payloads of the passes whose gradients wait. */
  passes: string[];
  /** Shared slot: the checkpoint that sampling loaded last. Later steps change what it stands for. */
  loaded: string | undefined;
  /** Latest: what the sampler has. */
  synced: Snapshot | undefined;
}

export class Models {
  private readonly backend: Backend;
  private readonly profile: ServerProfile;
  private readonly log: OperationLog;
  private readonly byId = new Map<string, LoadedModel>();
  /** By slot: what the last tenant left behind. */
  private readonly left = new Map<number, Gradients>();
  private boundRank: number | undefined;

  constructor(backend: Backend, profile: ServerProfile, log: OperationLog) {
    this.backend = backend;
    this.profile = profile;
    this.log = log;
  }

  get ids(): readonly string[] {
    return [...this.byId.keys()];
  }

  find(id: string): LoadedModel | undefined {
    return this.byId.get(id);
  }

  /** @throws OperationFailed */
  get(id: string): LoadedModel {
    const model = this.byId.get(id);
    if (!model) throw new OperationFailed(`Model ${id} not loaded (likely stale request from previous server)`);
    return model;
  }

  async create(id: string, rank: number, seed: number | null): Promise<void> {
    const { maxAdapters, maxRank, ranks } = this.profile;
    if (rank < 1 || rank > maxRank) throw new OperationFailed(`LoRA rank ${rank} must be between 1 and ${maxRank}`);
    if (ranks === 'power-of-two' && !Number.isInteger(Math.log2(rank))) {
      throw new OperationFailed(`LoRA rank ${rank} must be a power of two`);
    }
    if (ranks === 'one' && rank !== (this.boundRank ?? rank)) {
      throw new OperationFailed(`All adapters of this server have rank ${this.boundRank}, not ${rank}`);
    }
    const taken = new Set([...this.byId.values()].map(({ slot }) => slot));
    const slot = Array.from({ length: maxAdapters }, (_, i) => i).find((i) => !taken.has(i));
    if (slot === undefined) throw new OperationFailed(`Maximum number of LoRA adapters (${maxAdapters}) reached`);
    const adapter = await this.backend.create(rank, seed, this.left.get(slot) ?? []);
    this.left.delete(slot);
    this.boundRank = rank;
    this.byId.set(id, { adapter, slot, passes: [], loaded: undefined, synced: undefined });
  }

  /** Twice is fine. */
  async unload(id: string): Promise<void> {
    const model = this.byId.get(id);
    if (!model) return;
    this.byId.delete(id);
    const left = await model.adapter.release();
    if (this.profile.gradientsOutliveUnload) this.left.set(model.slot, left);
  }

  /** @returns the norm of the gradient */
  async step(id: string, asked: AdamSettings): Promise<number> {
    const { honours, configured, decayReachesAll } = this.profile;
    const adam = { ...configured, ...Object.fromEntries(honours.map((name) => [name, asked[name]])) };
    const model = this.get(id);
    const norm = await model.adapter.step(adam);
    model.passes = [];
    const kept = 1 - adam.learning_rate * adam.weight_decay;
    if (!decayReachesAll || kept === 1) return norm;
    for (const [other, { adapter }] of this.byId) {
      if (other === id) continue;
      const from = await adapter.version();
      await adapter.scale(kept);
      this.log.record({ kind: 'decayed-with-another', model: other, from, to: await adapter.version() });
    }
    return norm;
  }

  /** For a sampler; with the optimizer, for training. */
  async save(id: string, optimizer: boolean): Promise<Snapshot> {
    const model = this.get(id);
    const snapshot = await model.adapter.snapshot(optimizer);
    if (!optimizer && this.profile.snapshots === 'latest') model.synced = snapshot;
    return snapshot;
  }

  async load(id: string, snapshot: Snapshot, rank: number, optimizer: boolean): Promise<void> {
    const model = this.get(id);
    if (snapshot.rank !== rank) {
      throw new OperationFailed(
        `Rank mismatch: checkpoint has rank ${snapshot.rank}, model configured with rank ${rank}`,
      );
    }
    await model.adapter.load(snapshot, optimizer);
  }

  /** @returns the output and the version that was used */
  async sample(id: string, checkpoint: string, snapshot: Snapshot, draw: Draw) {
    const { snapshots } = this.profile;
    if (snapshots === 'kept' || snapshots === 'newest') {
      return { output: await this.backend.sampleFrom(snapshot, draw), used: snapshot.version };
    }
    const model = this.byId.get(id);
    if (!model) throw new OperationFailed(`Model ${id} not loaded`);
    if (snapshots === 'latest') {
      if (!model.synced) throw new OperationFailed(`unknown model_id ${id}`, 'server');
      return { output: await this.backend.sampleFrom(model.synced, draw), used: model.synced.version };
    }
    if (model.loaded !== checkpoint) await this.loadOver(id, model, snapshot);
    model.loaded = checkpoint;
    return { output: await model.adapter.sample(draw), used: await model.adapter.version() };
  }

  /** The sampler loads a snapshot where training goes on. */
  private async loadOver(id: string, { adapter }: LoadedModel, snapshot: Snapshot): Promise<void> {
    const from = await adapter.version();
    if (from === snapshot.version) return;
    await adapter.overwrite(snapshot);
    this.log.record({ kind: 'rolled-back', model: id, from, to: await adapter.version() });
  }

  sampleBase(draw: Draw) {
    if (!this.profile.baseSampling)
      throw new OperationFailed('unknown model_id: the base model is not served', 'server');
    return this.backend.sampleFrom(undefined, draw);
  }

  /** All adapters are gone, and what was left behind. */
  async clear(): Promise<void> {
    for (const { adapter } of this.byId.values()) await adapter.release();
    this.byId.clear();
    this.left.clear();
    this.boundRank = undefined;
  }
}
