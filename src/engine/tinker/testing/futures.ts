/** Promised results: kept for ever (unless said otherwise), found again by the model's sequence number, waited for by any number of callers. */
import type { CallName } from '../wire/calls.js';
import type { SampleOutput } from '../wire/sampling.js';
import type { TrainingOutput } from '../wire/training-output.js';
import type { Waiting } from './order.js';
import { Refusal } from './refusal.js';
import type { Work } from './work.js';

export type Result =
  | { readonly form: 'json'; readonly value: unknown }
  | { readonly form: 'training'; readonly value: TrainingOutput }
  | { readonly form: 'sampling'; readonly value: SampleOutput };

export interface Future extends Waiting {
  readonly id: string;
  /** The number that the client gave, whether the server looks at it or not. */
  readonly said?: number;
  readonly payload: string;
  /** Until it is applied. */
  work?: Work;
  result?: Result;
  error?: { readonly message: string; readonly category: 'user' | 'server' };
  polls: number;
}

export interface NewFuture {
  readonly kind: CallName;
  readonly model?: string;
  readonly seq?: number;
  readonly said?: number;
  readonly checkpoint?: string;
  readonly payload: string;
  readonly work: Work;
}

export class Futures {
  private readonly byId = new Map<string, Future>();
  /** `<model>/<seq>` */
  private readonly byNumber = new Map<string, Future>();
  private readonly expired = new Set<string>();
  private readonly waiters = new Map<Future, Set<() => void>>();
  private queue: Future[] = [];
  private count = 0;
  private readonly idleness = { first: Number.NaN, last: Number.NaN, idle: 0 };
  private readonly forgetsResults: boolean;

  constructor(forgetsResults = false) {
    this.forgetsResults = forgetsResults;
  }

  /**
   * The future of the same request sent before, if this one has been seen. One that expired gets a new id; nothing is done again.
   * @throws Refusal 409 when the number belongs to another request
   */
  found({ kind, model, seq, payload }: Pick<NewFuture, 'kind' | 'model' | 'seq' | 'payload'>): string | undefined {
    const future = seq === undefined ? undefined : this.byNumber.get(`${model}/${seq}`);
    if (!future) return undefined;
    if (future.kind !== kind || future.payload !== payload) {
      throw new Refusal(409, 'Training request sequence number was reused');
    }
    if (!this.expired.has(future.id)) return future.id;
    const again = [...this.byId].find(([id, one]) => one === future && !this.expired.has(id))?.[0];
    return again ?? this.name(future);
  }

  add(request: NewFuture): string {
    if (this.queue.length === 0) {
      const now = performance.now();
      if (Number.isNaN(this.idleness.first)) this.idleness.first = now;
      else this.idleness.idle += now - this.idleness.last;
    }
    const place = ++this.count;
    const future: Future = { ...request, place, id: `${place}`, polls: 0 };
    this.byId.set(future.id, future);
    if (request.seq !== undefined) this.byNumber.set(`${request.model}/${request.seq}`, future);
    this.queue.push(future);
    return future.id;
  }

  private name(future: Future): string {
    const id = `${++this.count}`;
    this.byId.set(id, future);
    return id;
  }

  /** By place. */
  get pending(): readonly Future[] {
    return this.queue;
  }

  /** From the first request to the last that left nothing to do, and how much of that there was nothing to do. */
  get busy(): { readonly seconds: number; readonly idleSeconds: number } {
    const { first, last, idle } = this.idleness;
    return { seconds: (last - first) / 1000, idleSeconds: idle / 1000 };
  }

  /** @throws Refusal 404, 410 */
  get(id: string): Future {
    const future = this.byId.get(id);
    if (!future) throw new Refusal(404, 'Future not found');
    if (this.expired.has(id)) throw new Refusal(410, 'The promise has expired');
    return future;
  }

  expire(id: string): void {
    if (this.byId.has(id)) this.expired.add(id);
  }

  settle(future: Future, outcome: Pick<Future, 'result'> | Pick<Future, 'error'>): void {
    Object.assign(future, outcome);
    delete future.work;
    this.queue = this.queue.filter((one) => one !== future);
    if (this.queue.length === 0) this.idleness.last = performance.now();
    for (const wake of this.waiters.get(future) ?? []) wake();
    this.waiters.delete(future);
  }

  /** Its result is on its way to whom it was promised. */
  told({ id, model, seq }: Future): void {
    if (!this.forgetsResults) return;
    this.byId.delete(id);
    if (seq !== undefined) this.byNumber.delete(`${model}/${seq}`);
  }

  /** Until it is settled, so many milliseconds have passed, or the caller has gone. */
  async wait(future: Future, milliseconds: number, gone: AbortSignal): Promise<void> {
    if (!future.work || gone.aborted) return;
    await new Promise<void>((resolve) => {
      const waiting = this.waiters.get(future) ?? new Set();
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        gone.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      gone.addEventListener('abort', done);
      this.waiters.set(future, waiting.add(done));
    });
  }

  /** Lets every caller go: the server ends. */
  abandon(): void {
    for (const waiting of this.waiters.values()) for (const wake of [...waiting]) wake();
  }
}
