/** Time and chance, as the client meets them: the one seam by which retries can be tested without waiting. */
import { setTimeout as delay } from 'node:timers/promises';
import { expectListeners } from './signals.js';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** @throws the signal's reason when it is aborted, before or meanwhile */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1): spreads the retries of many clients. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(milliseconds, signal) {
    expectListeners(signal);
    try {
      await delay(milliseconds, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};
