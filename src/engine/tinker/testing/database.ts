/** What a server writes down: sessions, models, checkpoints, sampling sessions, futures. It outlives the adapters in memory. */
import { createHash } from 'node:crypto';
import type { Snapshot } from './backend.js';
import { Futures } from './futures.js';
import { Refusal } from './refusal.js';

export interface SessionRow {
  readonly id: string;
  /** Milliseconds; none until the first heartbeat. */
  heartbeat: number | undefined;
  expired: boolean;
}

export interface ModelRow {
  readonly id: string;
  readonly session: string;
  readonly baseModel: string;
  readonly rank: number;
  readonly metadata: unknown;
  readonly created: Date;
  status: 'created' | 'unloading' | 'unloaded';
  /** Training requests so far: weights may be loaded only as the first. */
  requests: number;
  /** The future that creates it. */
  request: string;
}

export type CheckpointKind = 'weights' | 'sampler_weights';

export interface CheckpointRow {
  readonly model: string;
  readonly kind: CheckpointKind;
  readonly name: string;
  readonly time: Date;
  /** Without it, it is still being made, or failed. */
  snapshot?: Snapshot;
  failed?: string;
}

/** On one of the two. */
export interface SamplerRow {
  readonly id: string;
  readonly baseModel?: string;
  readonly path?: string;
}

export const checkpointKey = (model: string, kind: CheckpointKind, name: string): string => `${model}/${kind}/${name}`;

export class Database {
  readonly sessions = new Map<string, SessionRow>();
  readonly models = new Map<string, ModelRow>();
  readonly checkpoints = new Map<string, CheckpointRow>();
  readonly samplers = new Map<string, SamplerRow>();
  readonly futures: Futures;
  private readonly life: number;
  private names = 0;

  /**
   * @param life how many databases there were before: no name is given twice, as random ones would not be
   * @param forgetsResults see `FakeServerOptions`
   */
  constructor(life: number, forgetsResults = false) {
    this.life = life;
    this.futures = new Futures(forgetsResults);
  }

  /** `<kind>_<8 hex digits>` */
  newId(kind: 'session' | 'model' | 'sampling'): string {
    const name = `${this.life}/${this.names++}`;
    return `${kind}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
  }

  session(id: string): SessionRow {
    return found(this.sessions.get(id), 'Session not found');
  }

  model(id: string): ModelRow {
    return found(this.models.get(id), 'Model not found');
  }

  sampler(id: string): SamplerRow {
    return found(this.samplers.get(id), 'Sampling session not found');
  }

  /** A checkpoint that is there to be used. @throws Refusal 404, 425, 500 */
  checkpoint(model: string, kind: CheckpointKind, name: string): CheckpointRow {
    const row = found(this.checkpoints.get(checkpointKey(model, kind, name)), `Checkpoint not found: ${model}/${name}`);
    if (row.failed !== undefined) throw new Refusal(500, `Checkpoint creation failed: ${row.failed}`);
    if (!row.snapshot) throw new Refusal(425, 'Checkpoint is still being created');
    return row;
  }
}

function found<T>(row: T | undefined, missing: string): T {
  if (row === undefined) throw new Refusal(404, missing);
  return row;
}

/** `tinker://<model>/<name>`, or with `weights` or `sampler_weights` between. */
export function parsePath(path: string): { model: string; kind: CheckpointKind; name: string } | undefined {
  const parts = /^tinker:\/\/([^/]+)\/(?:(weights|sampler_weights)\/)?([^/]+)$/.exec(path);
  if (!parts) return undefined;
  return { model: parts[1]!, kind: (parts[2] as CheckpointKind | undefined) ?? 'sampler_weights', name: parts[3]! };
}
