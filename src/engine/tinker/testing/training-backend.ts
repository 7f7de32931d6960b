/** The backend that trains: adapters of the reference engine, or of the embedded one where a test is too large for it. */
import { type LoraTarget, loraModules, loraTargets } from '../../../checkpoints/lora.js';
import { readModelFolder } from '../../../checkpoints/model-folder.js';
import { randomStream } from '../../../rl/random.js';
import { createEmbeddedEngine } from '../../embedded/embedded-engine.js';
import type { Engine, Policy } from '../../engine.js';
import { createReferenceEngine } from '../../reference/reference-engine.js';
import type { Backend, Draw, Gradients, Snapshot } from './backend.js';
import type { WaitingDatum } from './losses.js';
import type { ServerProfile } from './profile.js';
import { sampleOf, TrainedAdapter, weightsOf, withoutOptimizer } from './trained-adapter.js';

export interface TrainingModel {
  /** In Hugging Face form. */
  readonly folder: string;
  readonly engine?: 'reference' | 'embedded';
  readonly targets?: readonly LoraTarget[];
}

/** The policies of one rank. */
interface Family {
  readonly engine: Engine;
  /** As opened: the base model. */
  readonly base: Policy;
  /** Takes the weights of snapshots to be sampled. */
  readonly sampler: Policy;
  loaded: string | undefined;
}

export class TrainingBackend implements Backend {
  private readonly model: TrainingModel;
  private readonly profile: ServerProfile;
  private readonly families = new Map<number, Promise<Family>>();

  constructor(model: TrainingModel, profile: ServerProfile) {
    this.model = model;
    this.profile = profile;
  }

  async create(rank: number, seed: number | null, left: Gradients): Promise<TrainedAdapter> {
    const policy = await (await this.family(rank)).base.fork();
    if (seed !== null && this.profile.seeded) await this.plant(policy, rank, seed);
    return new TrainedAdapter(policy, rank, this.profile, left as readonly WaitingDatum[]);
  }

  async sampleFrom(snapshot: Snapshot | undefined, draw: Draw) {
    if (!snapshot) return sampleOf((await this.family(1)).base, draw);
    const family = await this.family(snapshot.rank);
    if (family.loaded !== snapshot.version) {
      await family.sampler.load(withoutOptimizer(snapshot.state!));
      family.loaded = snapshot.version;
    }
    return sampleOf(family.sampler, draw);
  }

  async close(): Promise<void> {
    for (const family of this.families.values()) await (await family).engine.close();
  }

  private family(rank: number): Promise<Family> {
    let family = this.families.get(rank);
    if (!family) {
      family = this.open(rank);
      this.families.set(rank, family);
    }
    return family;
  }

  private lora = (rank: number) => ({
    rank,
    alpha: this.profile.alpha,
    targets: [...(this.model.targets ?? loraTargets)],
  });

  private async open(rank: number): Promise<Family> {
    const settings = { lora: this.lora(rank) };
    const engine =
      this.model.engine === 'embedded'
        ? createEmbeddedEngine({ ...settings, workers: 1 })
        : createReferenceEngine(settings);
    const base = await engine.open({ folder: this.model.folder });
    return { engine, base, sampler: await base.fork(), loaded: undefined };
  }

  /** A by the seed, as wide as the engine's own; B stays zero. */
  private async plant(policy: Policy, rank: number, seed: number): Promise<void> {
    const { shape } = await readModelFolder(this.model.folder);
    const state = await policy.save();
    const weights = weightsOf(state).slice();
    for (const { a } of loraModules(shape, this.lora(rank))) {
      const random = randomStream(`served-adapter/${seed}/${a.name}`);
      const reach = 1 / Math.sqrt(a.shape[1]!);
      for (let i = a.offset; i < a.offset + a.size; i++) weights[i] = reach * (2 * random.float() - 1);
    }
    await policy.load({ ...state, arrays: { ...state.arrays, weights } });
  }
}
