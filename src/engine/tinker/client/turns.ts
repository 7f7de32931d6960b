/**
 * The order of one model's requests. Some servers apply them in the order of their numbers, some in the order in which they arrive; so
 * each is sent only when the one before has been accepted, and takes the next number then. Waiting for results is no part of a turn.
 *
 * When a turn fails, those that wait behind it are dropped: they were asked for in the belief that it would be there (an optimizer step
 * without its gradient must not happen). When it is not known whether it was carried out, the model takes no more turns at all.
 */
import { SoarError } from '../../../errors.js';
import type { Delivery } from './caller.js';

export class Turns {
  private readonly model: string;
  private nextNumber: number;
  private tail: Promise<unknown> = Promise.resolve();
  private failures = 0;
  private lastFailure: unknown;
  private broken: SoarError | undefined;

  constructor(model: string, next: number) {
    this.model = model;
    this.nextNumber = next;
  }

  /** A request may or may not have been carried out: no more turns are taken. */
  get uncertain(): boolean {
    return this.broken !== undefined;
  }

  /** The number of the next request, from 1. */
  get next(): number {
    return this.nextNumber;
  }

  /**
   * Sends when all earlier turns have been accepted. `send` gets the first of its `count` numbers.
   * @throws SoarError TINKER_TURN_DROPPED, TINKER_MODEL_UNCERTAIN, what `send` throws, or the signal's reason
   */
  take<T>(
    count: number,
    send: (first: number, delivery: Delivery) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<{ first: number; accepted: T }> {
    const seen = this.failures;
    const turn = this.tail.then(async () => {
      if (this.broken) throw this.broken;
      if (this.failures !== seen) throw this.dropped();
      const delivery: Delivery = { uncertain: false };
      try {
        signal?.throwIfAborted();
        const first = this.nextNumber;
        const accepted = await send(first, delivery);
        this.nextNumber += count;
        return { first, accepted };
      } catch (error) {
        this.failures++;
        this.lastFailure = error;
        if (delivery.uncertain) this.broken = this.uncertainty(error);
        throw error;
      }
    });
    this.tail = turn.catch(() => {});
    return turn;
  }

  /** When all turns asked for so far have been accepted or have failed. */
  async settled(): Promise<void> {
    await this.tail;
  }

  private dropped(): SoarError {
    return new SoarError('TINKER_TURN_DROPPED', `not sent to ${this.model}, since the request before it failed`, {
      cause: this.lastFailure,
      kind: 'environment',
      remedy: 'see the error of the earlier request',
    });
  }

  private uncertainty(cause: unknown): SoarError {
    return new SoarError('TINKER_MODEL_UNCERTAIN', `a request to ${this.model} may or may not have been carried out`, {
      cause,
      kind: 'environment',
      remedy:
        'unload it and go on from a checkpoint, or attach to it again with the same number and repeat the request',
    });
  }
}
