/**
 * Checkpoints that policies of this engine stand on. One is deleted when no policy needs it any more, unless a state that names it
 * was given out: then when the run says that it will not be loaded again (`Engine.retain`).
 */
import { SoarError } from '../../../errors.js';
import type { TinkerClient } from '../client/index.js';
import type { TinkerJournal } from '../journal.js';

export class Checkpoint {
  readonly path: string;
  uses = 0;
  /** A state names it. */
  given = false;

  constructor(path: string) {
    this.path = path;
  }
}

export class Checkpoints {
  private readonly client: TinkerClient;
  private readonly journal: TinkerJournal;
  private readonly byPath = new Map<string, Checkpoint>();

  /** @param known paths of earlier processes, of which states may be around */
  constructor(client: TinkerClient, journal: TinkerJournal, known: readonly string[]) {
    this.client = client;
    this.journal = journal;
    for (const path of known) this.find(path).given = true;
  }

  /** One that the caller is about to save, or of a state; in use until `release`. */
  use(path: string): Checkpoint {
    const checkpoint = this.find(path);
    checkpoint.uses++;
    return checkpoint;
  }

  async release(checkpoint: Checkpoint): Promise<void> {
    checkpoint.uses--;
    if (checkpoint.uses === 0 && !checkpoint.given) await this.delete(checkpoint);
  }

  /** Those that a state may name, and neither these states do nor a policy uses. */
  async retain(paths: ReadonlySet<string>): Promise<void> {
    const dropped = [...this.byPath.values()].filter(({ path, uses }) => uses === 0 && !paths.has(path));
    await Promise.all(dropped.map((checkpoint) => this.delete(checkpoint)));
    // In use still: they go with their last policy.
    for (const checkpoint of this.byPath.values()) if (!paths.has(checkpoint.path)) checkpoint.given = false;
  }

  private find(path: string): Checkpoint {
    const found = this.byPath.get(path) ?? new Checkpoint(path);
    this.byPath.set(path, found);
    return found;
  }

  /** One that cannot be deleted now is tried again at the next `retain`, if need be by another process. */
  private async delete({ path }: Checkpoint): Promise<void> {
    try {
      await this.client.deleteCheckpoint(path);
    } catch (error) {
      if (error instanceof SoarError) return;
      throw error;
    }
    this.byPath.delete(path);
    await this.journal.record({ event: 'deleted', checkpoint: path });
  }
}
