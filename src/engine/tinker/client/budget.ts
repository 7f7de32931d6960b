/** A bounded amount, of bytes or of requests, shared in the order of asking. */

import { expectListeners } from './signals.js';

interface Waiting {
  readonly amount: number;
  readonly admit: () => void;
}

export class Budget {
  private readonly capacity: number;
  private free: number;
  private readonly queue: Waiting[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
    this.free = capacity;
  }

  /**
   * Does the work once `amount` is free, and gives it back afterwards. More than there is in all waits for everything.
   * @throws the signal's reason when it is aborted while waiting
   */
  async use<T>(amount: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const taken = Math.min(amount, this.capacity);
    await this.take(taken, signal);
    try {
      return await work();
    } finally {
      this.free += taken;
      this.admit();
    }
  }

  private take(amount: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.queue.length === 0 && amount <= this.free) {
      this.free -= amount;
      return Promise.resolve();
    }
    expectListeners(signal);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal?.reason);
        this.admit();
      };
      const waiting: Waiting = {
        amount,
        admit: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.queue.push(waiting);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  private admit(): void {
    while (this.queue.length > 0 && (this.queue[0] as Waiting).amount <= this.free) {
      const next = this.queue.shift() as Waiting;
      this.free -= next.amount;
      next.admit();
    }
  }
}
