/** One worker thread as seen from outside: typed requests with promised answers. Requests of one policy are served in the order they were made. */
import { Worker } from 'node:worker_threads';
import { SoarError } from '../../errors.js';
import {
  type AnswerMessage,
  type ErrorReport,
  endMessage,
  type RequestName,
  type Requests,
  type WorkerSettings,
  type WorkerStart,
} from './protocol.js';

/** Threads run compiled files: from sources (as in tests) the entry is its twin in dist/. */
function workerEntry(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts')
    ? new URL(here.replace('/src/', '/dist/').replace('worker-link.ts', 'worker.js'))
    : new URL('./worker.js', here);
}

/** Tensors come and go by the thousand, each a small object: a young generation that holds a step's worth is seldom collected. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 };

/** How long a process that ends waits for a computation under way, milliseconds. */
const patience = 10_000;

/** Workers that have not ended: where the process does, they are ended first, each after the computation that it is in. */
const running = new Set<WorkerLink>();
process.on('exit', () => {
  for (const link of running) link.end();
  for (const link of running) link.awaitEnd();
});

export class WorkerLink {
  /** Policies whose home this worker is. */
  policies = 0;
  /** Requests that will be made as soon as what they need is here. */
  expected = 0;
  private readonly worker: Worker;
  private readonly ended = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  private nextId = 0;
  private fault: SoarError | undefined;

  constructor(settings: WorkerSettings) {
    const start: WorkerStart = { settings, ended: this.ended };
    this.worker = new Worker(workerEntry(), { workerData: start, resourceLimits });
    running.add(this);
    this.worker.on('message', (message: AnswerMessage) => this.settle(message));
    this.worker.on('error', (cause) => this.fail(cause.message, cause));
    this.worker.on('exit', (code) => {
      running.delete(this);
      this.fail(`it ended with exit code ${code}`);
    });
  }

  get alive(): boolean {
    return this.fault === undefined;
  }

  /** Requests not yet answered, or not even made. */
  get load(): number {
    return this.waiting.size + this.expected;
  }

  ask<N extends RequestName>(
    name: N,
    ask: Requests[N]['ask'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Requests[N]['answer']> {
    if (this.fault) return Promise.reject(this.fault);
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve: resolve as (answer: never) => void, reject });
      this.worker.postMessage({ id, name, ask }, transfer);
    });
  }

  /** Once its computation under way is done; what waits is refused. */
  async close(): Promise<void> {
    this.fault ??= new SoarError('ENGINE_CLOSED', 'the engine was closed', {
      kind: 'internal',
      remedy: 'open a new engine',
    });
    if (!running.has(this)) return;
    this.end();
    await new Promise((resolve) => this.worker.once('exit', resolve));
  }

  end(): void {
    this.worker.postMessage(endMessage);
  }

  /** Holds this thread up meanwhile. */
  awaitEnd(): void {
    Atomics.wait(this.ended, 0, 0, patience);
  }

  private settle(message: AnswerMessage): void {
    const request = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('error' in message) request?.reject(rebuilt(message.error));
    else request?.resolve(message.answer as never);
  }

  private fail(why: string, cause?: Error): void {
    this.fault ??= new SoarError('ENGINE_WORKER_DIED', `a worker thread of the embedded engine died: ${why}`, {
      kind: 'environment',
      remedy: 'resume the run; if memory ran out, lower engine.workers, engine.slots or engine.microBatchTokens',
      cause,
    });
    for (const request of this.waiting.values()) request.reject(this.fault);
    this.waiting.clear();
  }
}

function rebuilt({ code, kind, message, remedy, stack }: ErrorReport): Error {
  if (code === undefined) return Object.assign(new Error(message), { stack });
  return new SoarError(code, message, {
    ...(kind === undefined ? {} : { kind }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
