/** A clock whose sleeps take no time: they are noted down, and the hour moves on. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';

export class SwiftClock implements Clock {
  /** Milliseconds, in order. */
  readonly slept: number[] = [];
  private hour = Date.UTC(2026, 0, 1);

  now(): number {
    return this.hour;
  }

  random(): number {
    return 0;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(milliseconds);
    this.hour += milliseconds;
    await setImmediate();
    signal?.throwIfAborted();
  }
}
