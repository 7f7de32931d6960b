/**
 * One worker thread that may be killed: a job that passes its deadline ends the thread and gets one more try on a new one, twice as
 * long, since a stall of the machine must not cost a reward; then, or when it eats the memory, it is reported as a timeout. Jobs run
 * one at a time, so a deadline is one job's own.
 */
import { Worker } from 'node:worker_threads';
import { SoarError } from '../../errors.js';
import type { Verification } from '../verdict.js';
import type { Fault, FromWorker, Implementation, Job } from './protocol.js';

export interface WorkerLimits {
  /** Milliseconds of one job. */
  readonly deadline: number;
  /** Milliseconds for a thread to start and load its implementation. */
  readonly start: number;
  /** Megabytes of heap. */
  readonly memory: number;
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (verification: Verification) => void;
  readonly reject: (error: SoarError) => void;
  /** Milliseconds that this try may take. */
  readonly deadline: number;
}

/** Threads run compiled files: from sources (as in tests) the entry is its twin in dist/. */
function workerEntry(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts')
    ? new URL(here.replace('/src/', '/dist/').replace('killable-worker.ts', 'worker.js'))
    : new URL('./worker.js', here);
}

export class KillableWorker {
  /** Jobs reported as timeouts so far. */
  timeouts = 0;
  private readonly implementation: Implementation;
  private readonly limits: WorkerLimits;
  private readonly queue: Waiting[] = [];
  private worker: Worker | undefined;
  private ready = false;
  private running: Waiting | undefined;
  private timer: NodeJS.Timeout | undefined;
  private fault: SoarError | undefined;

  constructor(implementation: Implementation, limits: WorkerLimits) {
    this.implementation = implementation;
    this.limits = limits;
  }

  /** Jobs not yet answered. */
  get load(): number {
    return this.queue.length + (this.running ? 1 : 0);
  }

  run(job: Job): Promise<Verification> {
    if (this.fault) return Promise.reject(this.fault);
    return new Promise((resolve, reject) => {
      this.queue.push({ job, resolve, reject, deadline: this.limits.deadline });
      if (!this.worker) this.spawn();
      else this.next();
    });
  }

  /** Refuses what waits and ends the thread. */
  async close(): Promise<void> {
    this.refuse(
      new SoarError('VERIFIER_CLOSED', 'the verifier was closed', { kind: 'internal', remedy: 'create another' }),
    );
    await this.discard()?.terminate();
  }

  private spawn(): void {
    const { memory, start } = this.limits;
    const worker = new Worker(workerEntry(), {
      workerData: this.implementation,
      resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    });
    // Only jobs keep the process alive: their timers do.
    worker.unref();
    this.worker = worker;
    this.ready = false;
    this.timer = setTimeout(() => this.refuse(startFault(start)), start);
    worker.on('message', (message: FromWorker) => worker === this.worker && this.receive(message));
    worker.on('error', (cause: Error & { code?: string }) => worker === this.worker && this.crashed(cause));
    worker.on('exit', () => worker === this.worker && this.crashed(new Error('the thread ended')));
  }

  private next(): void {
    if (!this.ready || this.running || !this.worker) return;
    const waiting = this.queue.shift();
    if (!waiting) return;
    this.running = waiting;
    this.timer = setTimeout(() => this.overdue(waiting), waiting.deadline);
    this.worker.postMessage(waiting.job);
  }

  private receive(message: FromWorker): void {
    clearTimeout(this.timer);
    if ('ready' in message) {
      if (!message.ready) {
        this.refuse(rebuilt(message.fault));
        void this.discard()?.terminate();
        return;
      }
      this.ready = true;
    } else {
      const done = this.running;
      this.running = undefined;
      if ('fault' in message) done?.reject(rebuilt(message.fault));
      else done?.resolve(message.verification);
    }
    this.next();
  }

  /** Where this thread was busy itself, the answer may lie in its inbox: it is looked at once more before the kill. */
  private overdue(waiting: Waiting): void {
    setImmediate(() => {
      if (this.running !== waiting) return;
      const { deadline } = this.limits;
      if (waiting.deadline > deadline)
        this.timeout(waiting, `was stopped after ${deadline} ms, and again after ${waiting.deadline}`);
      else {
        this.queue.unshift({ ...waiting, deadline: 2 * deadline });
        this.restart();
      }
    });
  }

  /** A new thread for what waits. */
  private restart(): void {
    this.running = undefined;
    void this.discard()?.terminate();
    if (this.queue.length) this.spawn();
  }

  private timeout(stopped: Waiting, reason: string): void {
    this.timeouts++;
    this.restart();
    stopped.resolve({
      verdict: 'timeout',
      extracted: null,
      goldKind: null,
      answerKind: null,
      reason,
      ms: stopped.deadline,
    });
  }

  private crashed(cause: Error & { code?: string }): void {
    clearTimeout(this.timer);
    if (cause.code === 'ERR_WORKER_OUT_OF_MEMORY' && this.running) {
      this.timeout(this.running, 'ran out of memory');
      return;
    }
    const fault = new SoarError('VERIFIER_FAILED', `the verifier's thread failed: ${cause.message}`, {
      kind: 'environment',
      remedy: 'see the cause; a module of your own must not end its process',
      cause,
    });
    const stopped = this.running;
    this.running = undefined;
    this.discard();
    if (!stopped) this.refuse(fault);
    else {
      stopped.reject(fault);
      if (this.queue.length) this.spawn();
    }
  }

  /** Forgets the thread; the caller ends it. */
  private discard(): Worker | undefined {
    clearTimeout(this.timer);
    const worker = this.worker;
    this.worker = undefined;
    this.ready = false;
    return worker;
  }

  private refuse(fault: SoarError): void {
    this.fault = fault;
    clearTimeout(this.timer);
    this.running?.reject(fault);
    this.running = undefined;
    for (const waiting of this.queue.splice(0)) waiting.reject(fault);
  }
}

function startFault(milliseconds: number): SoarError {
  return new SoarError('VERIFIER_START', `the verifier did not start within ${milliseconds} ms`, {
    kind: 'environment',
    remedy: 'look for work at the top of a module of your own, or give the machine more room',
  });
}

function rebuilt({ code, message, where, remedy }: Fault): SoarError {
  return new SoarError(code, message, {
    ...(where === undefined ? {} : { where }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}
