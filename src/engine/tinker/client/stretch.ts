/** Waiting between tries, within limits: how long a call may keep failing, be paused, or be put off counts from when that began. */
import type { SoarError } from '../../../errors.js';
import type { Clock } from './clock.js';

export type Trouble = 'failing' | 'paused' | 'busy';

export class Stretch {
  /** Failures in a row: the back-off's exponent. */
  failures = 0;
  private readonly clock: Clock;
  private readonly signal: AbortSignal | undefined;
  private trouble: Trouble | undefined;
  private since = 0;

  constructor(clock: Clock, signal: AbortSignal | undefined) {
    this.clock = clock;
    this.signal = signal;
  }

  /** @throws what `giveUp` makes where the limit would be passed, or the signal's reason */
  async wait(trouble: Trouble, milliseconds: number, limit: number, giveUp: () => SoarError): Promise<void> {
    if (trouble !== this.trouble) this.since = this.clock.now();
    this.trouble = trouble;
    if (this.clock.now() + milliseconds - this.since > limit) throw giveUp();
    await this.clock.sleep(milliseconds, this.signal);
  }

  /** All is well again. */
  over(): void {
    this.failures = 0;
    this.trouble = undefined;
  }
}
