/**
 * Long work in batches, each a line of a journal when it is done and taken from there when it was done before: the same work again
 * goes on where it stopped, whatever stopped it. What the batches are is the caller's; what fixes their results stands in the
 * journal's first line, and other work in the same place is refused.
 */
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import type { Disk } from './disk.js';
import { openJournal } from './journal.js';

type Entry<Result> =
  | { readonly unit: 'work'; readonly identity: object }
  | { readonly unit: 'batch'; readonly batch: number; readonly result: Result };

export interface BatchWork<Result> {
  /** The journal lies in it. */
  readonly folder: string;
  /** Plain data. Two pieces of work that agree in all of it have the same results. */
  readonly identity: object;
  /** What the work is called, and the code of the refusal of another one in its place. */
  readonly what: { readonly name: string; readonly otherCode: string };
  readonly batches: number;
  /** Makes batch `b`; everything that its result rests on is on the disk when it resolves. */
  make(b: number): Promise<Result>;
  /** After each batch: all that are done, and how many of them the journal had. */
  onDone?(done: ReadonlyMap<number, Result>, before: ReadonlySet<number>): void;
  readonly signal?: AbortSignal | undefined;
  readonly disk: Disk;
}

/**
 * Problems in a batch when each is answered so many times: with a large model a completion takes its time, and a batch is what a stop
 * loses and what progress counts in.
 */
export const problemsPerBatch = (completionsPerProblem: number): number =>
  Math.max(1, Math.floor(128 / completionsPerProblem));

/** [batch] @throws SoarError RUN_INTERRUPTED, the code of `what`, RUN_JOURNAL_DAMAGED, and what `make` throws */
export async function workInBatches<Result>(work: BatchWork<Result>): Promise<Result[]> {
  const { folder, identity, what, batches, make, onDone, signal, disk } = work;
  const path = join(folder, 'journal.jsonl');
  const { journal, entries } = await openJournal<Entry<Result>>(path, disk);
  try {
    const [first] = entries;
    if (first === undefined) await journal.append({ unit: 'work', identity });
    else refuseOther(first.unit === 'work' ? first.identity : undefined, identity, what, path);

    const done = new Map<number, Result>();
    for (const entry of entries) if (entry.unit === 'batch') done.set(entry.batch, entry.result);
    const before = new Set(done.keys());
    const missing = Array.from({ length: batches }, (_, b) => b).filter((b) => !done.has(b));
    const worker = async () => {
      for (let b = missing.shift(); b !== undefined; b = missing.shift()) {
        if (signal?.aborted) return;
        const result = await make(b);
        await journal.append({ unit: 'batch', batch: b, result });
        done.set(b, result);
        onDone?.(done, before);
      }
    };
    // A few batches at once keep every worker of the engine busy; more would only lose more to an interruption.
    await Promise.all(Array.from({ length: 4 }, worker));
    if (signal?.aborted) {
      throw new SoarError('RUN_INTERRUPTED', `the ${what.name} was stopped; what was done is kept`, {
        where: folder,
        remedy: 'continue with the same command',
      });
    }
    return Array.from({ length: batches }, (_, b) => done.get(b) as Result);
  } finally {
    await journal.close();
  }
}

function refuseOther(
  there: object | undefined,
  identity: object,
  what: BatchWork<unknown>['what'],
  path: string,
): void {
  if (JSON.stringify(there) === JSON.stringify(identity)) return;
  const known = new Map<string, unknown>(Object.entries(there ?? {}));
  const differs = Object.entries(identity).find(
    ([key, value]) => JSON.stringify(known.get(key)) !== JSON.stringify(value),
  );
  throw new SoarError(what.otherCode, `the folder holds another ${what.name}, which differs in its ${differs?.[0]}`, {
    where: path,
    remedy: 'give another --out, remove the folder, or repeat the command that began it',
  });
}
