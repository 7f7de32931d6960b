/** One worker thread as seen from outside: typed requests with promised answers. Requests of one policy are served in the order they were made. */
import { Worker } from 'node:worker_threads';
import { SoarError } from '../../errors.js';
import type { AnswerMessage, ErrorReport, RequestName, Requests, WorkerSettings } from './protocol.js';

/** Threads run compiled files: from sources (as in tests) the entry is its twin in dist/. */
function workerEntry(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts')
    ? new URL(here.replace('/src/', '/dist/').replace('worker-link.ts', 'worker.js'))
    : new URL('./worker.js', here);
}

/** Tensors come and go by the thousand, each a small object: a young generation that holds a step's worth is seldom collected. */
const resourceLimits = { maxYoungGenerationSizeMb: 192 };

export class WorkerLink {
  /** Policies whose home this worker is. */
  policies = 0;
  /** Requests that will be made as soon as what they need is here. */
  expected = 0;
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  private nextId = 0;
  private fault: SoarError | undefined;

  constructor(settings: WorkerSettings) {
    this.worker = new Worker(workerEntry(), { workerData: settings, resourceLimits });
    this.worker.on('message', (message: AnswerMessage) => this.settle(message));
    this.worker.on('error', (cause) => this.fail(cause.message, cause));
    this.worker.on('exit', (code) => this.fail(`it ended with exit code ${code}`));
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

  async close(): Promise<void> {
    this.fault ??= new SoarError('ENGINE_CLOSED', 'the engine was closed', {
      kind: 'internal',
      remedy: 'open a new engine',
    });
    await this.worker.terminate();
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
