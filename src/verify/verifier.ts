/**
 * Verifiers as the rest of the project meets them: exact match, mathematics, or a module of the user's, each in worker threads that
 * are killed when an answer takes too long. Whatever a model wrote, a verdict comes back.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SoarError } from '../errors.js';
import type { VerificationPolicy } from './policy.js';
import type { Verification } from './verdict.js';
import { KillableWorker } from './worker/killable-worker.js';
import type { Implementation } from './worker/protocol.js';

export interface Verifier {
  /** As it was asked for: `mathematics`, `exact` or the module's path. */
  readonly name: string;
  /**
   * Judges one text. Rejects for what is no fault of the text: a gold that cannot be read (VERIFY_GOLD_UNREADABLE), a module of the
   * user's that fails (VERIFIER_*).
   */
  verify(gold: string, text: string, policy?: Partial<VerificationPolicy>): Promise<Verification>;
  /** How many answers ended in `timeout`. */
  readonly timeouts: number;
  close(): Promise<void>;
}

export interface VerifierOptions {
  /** Worker threads. */
  readonly workers?: number;
  /** Milliseconds that one verdict may take; its second and last try on a new thread has twice as many. */
  readonly deadline?: number;
  /** Milliseconds that a thread may take to start. */
  readonly start?: number;
  /** Megabytes of heap per thread. */
  readonly memory?: number;
  /** Folder that a module's path is relative to. */
  readonly folder?: string;
  /** For every verdict, where a call sets none. */
  readonly policy?: Partial<VerificationPolicy>;
}

/**
 * `mathematics`, `exact`, or the path of an ES module that exports `verify(gold, text, policy)`.
 * @throws SoarError VERIFIER_UNKNOWN for any other name.
 */
export function createVerifier(name: string, options: VerifierOptions = {}): Verifier {
  const implementation = implementationOf(name, options.folder ?? process.cwd());
  const limits = { deadline: options.deadline ?? 250, start: options.start ?? 10_000, memory: options.memory ?? 256 };
  const workers = Array.from({ length: options.workers ?? 1 }, () => new KillableWorker(implementation, limits));
  return {
    name,
    verify: (gold, text, policy) => leastLoaded(workers).run({ gold, text, policy: { ...options.policy, ...policy } }),
    get timeouts() {
      return workers.reduce((sum, worker) => sum + worker.timeouts, 0);
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

function leastLoaded(workers: readonly KillableWorker[]): KillableWorker {
  return workers.reduce((best, worker) => (worker.load < best.load ? worker : best));
}

function implementationOf(name: string, folder: string): Implementation {
  if (name === 'mathematics' || name === 'exact') return name;
  if (/\.(js|mjs)$/.test(name)) return { module: pathToFileURL(resolve(folder, name)).href };
  throw new SoarError('VERIFIER_UNKNOWN', `there is no verifier named ${JSON.stringify(name)}`, {
    where: 'verifier',
    remedy: 'name mathematics, exact, or a module such as ./mine.js',
  });
}
