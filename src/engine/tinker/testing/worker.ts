/** Applies accepted requests one at a time, in the profile's order, and settles their futures. */
import { setTimeout } from 'node:timers/promises';
import type { CallName } from '../wire/calls.js';
import { apply, type Place } from './apply.js';
import type { Future } from './futures.js';
import { nextRound } from './order.js';

export interface Pace {
  /** Between two rounds. */
  readonly tickMilliseconds: number;
  /** What a request takes, beside its computation here: a service's time is simulated so. */
  readonly workMilliseconds: Partial<Record<CallName, number>>;
}

export class Worker {
  private readonly place: () => Place;
  private readonly pace: Pace;
  /** Order `sequence`: the last number of each model that had its turn. */
  private done = new Map<string, number>();
  private running = false;
  private stopped = false;
  private paused = false;

  /** @param place what there is now: a restart gives another one */
  constructor(place: () => Place, pace: Pace) {
    this.place = place;
    this.pace = pace;
  }

  /** Something may have to be done. */
  wake(): void {
    if (this.running || this.paused || this.stopped) return;
    this.running = true;
    void this.run().finally(() => {
      this.running = false;
    });
  }

  /** What is under way is finished; what is accepted from now on waits. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Counts start again with a new database. */
  forget(): void {
    this.done = new Map();
  }

  private async run(): Promise<void> {
    let idle = false;
    while (!idle && !this.paused && !this.stopped) {
      await setTimeout(this.pace.tickMilliseconds);
      const { profile, database } = this.place();
      const round = nextRound(profile.order, database.futures.pending, this.done);
      idle = round.length === 0;
      for (const future of round) {
        if (this.paused || this.stopped) return;
        // A restart may have taken the rest of the round away.
        if (this.place().database === database) await this.applyOne(future);
      }
    }
  }

  private async applyOne(future: Future): Promise<void> {
    const before = this.place();
    const outcome = await apply(before, future);
    const takes = this.pace.workMilliseconds[future.kind] ?? 0;
    if (takes > 0) await setTimeout(takes);
    // The server was restarted meanwhile: nobody is left to tell.
    if (this.place().database !== before.database || this.place().models !== before.models) return;
    if (future.model !== undefined && future.seq !== undefined) this.done.set(future.model, future.seq);
    before.database.futures.settle(future, outcome);
  }
}
