/**
 * A 429 to a sampling request means "fewer of these": no new one goes out for a second (five for a long prompt), and for ten seconds
 * each weighs twenty times its bytes, so that fewer are under way. The official client's numbers.
 */
import type { Clock } from './clock.js';

const longPrompt = 128 * 1024;

export class BackPressure {
  private readonly clock: Clock;
  private pausedUntil = 0;
  private heavyUntil = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A request of so many bytes was refused. */
  refused(bytes: number): void {
    const now = this.clock.now();
    this.pausedUntil = Math.max(this.pausedUntil, now + (bytes > longPrompt ? 5_000 : 1_000));
    this.heavyUntil = now + 10_000;
  }

  /** Until new requests may go out. */
  async clear(signal?: AbortSignal): Promise<void> {
    for (let wait = this.pausedUntil - this.clock.now(); wait > 0; wait = this.pausedUntil - this.clock.now()) {
      await this.clock.sleep(wait, signal);
    }
  }

  weight(bytes: number): number {
    return this.clock.now() < this.heavyUntil ? bytes * 20 : bytes;
  }
}
