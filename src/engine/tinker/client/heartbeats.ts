/** The sessions that are kept alive, seen from the main thread. */
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
  private worker: Worker | undefined;

  constructor(settings: HeartbeatOptions, hear: (message: FromHeartbeats) => void) {
    this.settings = settings;
    this.hear = hear;
  }

  start(session: string): void {
    this.post({ start: session });
  }

  stop(session: string): void {
    if (this.worker) this.post({ stop: session });
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
    this.worker = undefined;
  }

  private post(message: ToHeartbeats): void {
    if (!this.worker) {
      const { key, ...settings } = this.settings;
      const workerData: HeartbeatSettings = { ...settings, apiKey: key?.reveal() };
      this.worker = new Worker(workerEntry(), { workerData });
      this.worker.on('message', this.hear);
      // A process that is done does not stay for its heartbeats.
      this.worker.unref();
    }
    this.worker.postMessage(message);
  }
}
