/** Which worker a policy or a piece of work goes to. Decides speed only, never results. */
import type { Tokenizer } from '../../checkpoints/tokenizer.js';
import type { StatedModel } from '../llama-state.js';
import type { InProcessSettings } from '../settings.js';
import { bufferOf } from './moved-arrays.js';
import type { WorkerLink } from './worker-link.js';

export interface LoadedModel extends StatedModel {
  readonly id: number;
  readonly tokenizer: Tokenizer;
  readonly contextFrom: string;
}

export class Placement {
  readonly settings: InProcessSettings;
  private readonly links: readonly WorkerLink[];
  private count = 0;

  constructor(settings: InProcessSettings, links: readonly WorkerLink[]) {
    this.settings = settings;
    this.links = links;
  }

  get workers(): number {
    return this.links.length;
  }

  nextId(): number {
    return this.count++;
  }

  /** @param base the frozen weights, where adapters are trained: each worker gets a copy, the last one the array itself */
  async announce({ id, shape, lora, tokenizer }: LoadedModel, base?: Float32Array): Promise<void> {
    const ask = { model: id, architecture: { shape, ...(lora && { lora }) }, pieces: tokenizer.pieces };
    const last = this.links.length - 1;
    for (const [i, link] of this.links.entries()) {
      const moved = base && bufferOf(i === last ? base : base.slice());
      await link.ask('model', { ...ask, ...(moved && { base: moved }) }, moved ? [moved] : []);
    }
  }

  /** The worker that is home to the fewest policies. */
  leastPolicies(): WorkerLink {
    return this.links.reduce((best, link) => (link.policies < best.policies ? link : best));
  }

  /** The given worker, unless another has less to do. */
  idler(home: WorkerLink): WorkerLink {
    return this.links.reduce((best, link) => (link.alive && link.load < best.load ? link : best), home);
  }

  /** At most so many workers beside the given one that have nothing to do. */
  idle(home: WorkerLink, most: number): WorkerLink[] {
    return this.links.filter((link) => link !== home && link.alive && link.load === 0).slice(0, most);
  }

  /** The buffer is moved, not copied. */
  create(link: WorkerLink, model: LoadedModel, policy: number, weights: ArrayBuffer): Promise<undefined> {
    return link.ask('create', { policy, model: model.id, weights }, [weights]);
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
  }
}
