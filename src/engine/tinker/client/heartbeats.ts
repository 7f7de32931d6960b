/** The sessions that are kept alive, seen from the main thread: it sends no heartbeat itself, but sees to it that there is a thread that does. */
import { Worker } from 'node:worker_threads';
import type { ApiKey } from './api-key.js';
import type { FromHeartbeats, HeartbeatSettings, ToHeartbeats } from './heartbeat-messages.js';

/** Threads run compiled files: from sources (as in tests) the entry is its twin in dist/. */
function workerEntry(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts')
    ? new URL(here.replace('/src/', '/dist/').replace('heartbeats.ts', 'heartbeat-worker.js'))
    : new URL('./heartbeat-worker.js', here);
}

/** The key goes to the thread alone. */
export type HeartbeatOptions = Omit<HeartbeatSettings, 'apiKey'> & { readonly key: ApiKey | undefined };

export class Heartbeats {
  private readonly settings: HeartbeatOptions;
  private readonly hear: (message: FromHeartbeats) => void;
  private readonly sessions = new Set<string>();
  private worker: Worker | undefined;
  private restart: NodeJS.Timeout | undefined;
  /** Of the thread, one soon after the other. */
  private deaths = 0;

  constructor(settings: HeartbeatOptions, hear: (message: FromHeartbeats) => void) {
    this.settings = settings;
    this.hear = hear;
  }

  start(session: string): void {
    this.sessions.add(session);
    if (!this.restart) this.post({ start: session });
  }

  stop(session: string): void {
    this.sessions.delete(session);
    if (this.worker) this.post({ stop: session });
  }

  async close(): Promise<void> {
    this.sessions.clear();
    clearTimeout(this.restart);
    this.restart = undefined;
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private post(message: ToHeartbeats): void {
    this.worker ??= this.born();
    this.worker.postMessage(message);
  }

  private born(): Worker {
    const { key, ...settings } = this.settings;
    const workerData: HeartbeatSettings = { ...settings, apiKey: key?.reveal() };
    const worker = new Worker(workerEntry(), { workerData });
    const since = Date.now();
    worker.on('message', (message: FromHeartbeats) => {
      // The thread has stopped it, and none that comes after takes it up.
      if (message.state === 'lost') this.sessions.delete(message.session);
      this.hear(message);
    });
    // What it died of; the exit that follows is what counts.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (worker === this.worker) this.died(Date.now() - since);
    });
    // A process that is done does not stay for its heartbeats.
    worker.unref();
    return worker;
  }

  /** Another thread takes over after an interval, unless that has been of no use several times. */
  private died(lived: number): void {
    this.worker = undefined;
    this.deaths = lived < steady ? this.deaths + 1 : 1;
    const state = this.deaths < mostDeaths ? 'silent' : 'unkept';
    for (const session of this.sessions) this.hear({ session, state, code: 'TINKER_HEARTBEATS' });
    if (state === 'unkept') return;
    const again = () => {
      this.restart = undefined;
      for (const session of this.sessions) this.post({ start: session, silent: true });
    };
    this.restart = setTimeout(again, this.settings.interval).unref();
  }
}

const mostDeaths = 5;
/** Milliseconds: a thread that lived for so long died of something new. */
const steady = 10 * 60_000;
