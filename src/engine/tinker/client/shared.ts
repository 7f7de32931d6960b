/**
 * Work that several callers wait for. It goes on under no one's signal: a caller whose signal is aborted stops waiting, and the others do
 * not notice. Once nobody waits any more it is given up.
 */
import { expectListeners } from './signals.js';

export class Shared<T> {
  /** `failed`: also once it was given up. */
  state: 'pending' | 'done' | 'failed' = 'pending';
  private readonly ending = new AbortController();
  private readonly work: Promise<T>;
  private waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.work = work(this.ending.signal);
    this.work.then(
      () => {
        this.state = 'done';
      },
      () => {
        this.state = 'failed';
      },
    );
  }

  /** @throws what the work throws, or the signal's reason */
  async wait(signal: AbortSignal | undefined): Promise<T> {
    this.waiting++;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.reason);
    });
    expectListeners(signal);
    signal?.addEventListener('abort', leave);
    if (signal?.aborted) leave();
    try {
      return await Promise.race([left, this.work]);
    } finally {
      signal?.removeEventListener('abort', leave);
      this.waiting--;
      if (this.waiting === 0 && this.state === 'pending') this.giveUp();
    }
  }

  private giveUp(): void {
    this.state = 'failed';
    this.ending.abort();
  }
}
