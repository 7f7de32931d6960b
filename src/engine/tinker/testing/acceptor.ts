/** What every accepted request has in common: its number, its hash, its future, its place in the model's history. */
import { createHash } from 'node:crypto';
import type { CallName } from '../wire/calls.js';
import type { Place } from './apply.js';
import type { ModelRow } from './database.js';
import { payloadHash } from './operation-log.js';
import type { ServerProfile } from './profile.js';
import { Refusal } from './refusal.js';
import type { Work } from './work.js';

/** What SkyRL answers; others leave the first two out, which no client may need. */
export interface Accepted {
  readonly future_id: string;
  readonly status: 'pending';
  readonly request_id: string;
}

export const accepted = (id: string): Accepted => ({ future_id: id, status: 'pending', request_id: id });

export interface Promising {
  readonly kind: CallName;
  readonly row: ModelRow;
  /** By which it is recognised. */
  readonly seq?: number;
  /** The number that it had, recognised or not. */
  readonly said?: number;
  readonly payload: unknown;
  /** Called only for a request that was not seen before: checks, and rows that are to be made. @throws Refusal */
  readonly work: () => Work;
}

/** What is served, whatever the profile. */
export interface Served {
  readonly baseModel: string;
  readonly contextLength: number;
  /** Keys are to be changed for tokens. */
  readonly pjwt: boolean;
}

export class Acceptor {
  readonly served: Served;
  private readonly now: () => Place;
  private readonly wake: () => void;
  private draws = 0;

  constructor(now: () => Place, served: Served, wake: () => void) {
    this.now = now;
    this.served = served;
    this.wake = wake;
  }

  get baseModel(): string {
    return this.served.baseModel;
  }

  get database() {
    return this.now().database;
  }

  get profile(): ServerProfile {
    return this.now().profile;
  }

  /** The sequence number of a request. @throws Refusal 422 where one is needed */
  numberOf(said: number | null | undefined, what: ServerProfile['numbered'][number]): { seq?: number; said?: number } {
    const { numbered, order } = this.profile;
    const known = numbered.includes(what);
    if (known && order === 'sequence' && said == null) {
      throw new Refusal(422, [{ loc: ['body', 'seq_id'], msg: 'is needed' }]);
    }
    if (said == null) return {};
    return known ? { seq: said, said } : { said };
  }

  promise({ row, payload, work, ...numbered }: Promising): Accepted {
    const { futures } = this.database;
    const request = { ...numbered, model: row.id, payload: payloadHash(payload) };
    const known = futures.found(request);
    if (known !== undefined) return accepted(known);
    const id = futures.add({ ...request, work: work() });
    row.requests++;
    this.wake();
    return accepted(id);
  }

  /** Of no model's sequence: creation, unloading, samples. */
  promiseUnnumbered(kind: CallName, model: string | undefined, payload: unknown, work: Work): Accepted {
    const checkpoint = work.do === 'sample' ? work.checkpoint : undefined;
    const id = this.database.futures.add({
      kind,
      payload: payloadHash(payload),
      work,
      ...(model !== undefined && { model }),
      ...(checkpoint !== undefined && { checkpoint }),
    });
    this.wake();
    return accepted(id);
  }

  /** For a request that gave none; the same in every run. */
  newSeed(): number {
    return (
      createHash('sha256')
        .update(`draw/${this.draws++}`)
        .digest()
        .readUInt32LE(0) >>> 1
    );
  }
}
