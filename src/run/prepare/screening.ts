/** The screen itself: batch after batch, each journaled when it is done and taken from the journal when it was done before. */
import { join } from 'node:path';
import type { Policy } from '../../engine/engine.js';
import { SoarError } from '../../errors.js';
import type { Domain } from '../../problems/domain.js';
import type { Problem } from '../../problems/problem.js';
import { attempt, type ScreenedProblem, screeningBatch } from '../../problems/screening.js';
import type { Disk } from '../disk.js';
import type { ScreenIdentity } from '../hard-set-folder.js';
import { openJournal } from '../journal.js';
import type { Askable } from './asking.js';
import type { PrepareOptions, PrepareRequest } from './request.js';

type Entry =
  | { readonly unit: 'screen'; readonly identity: ScreenIdentity }
  | { readonly unit: 'batch'; readonly batch: number; readonly screened: readonly ScreenedProblem[] };

/** [problem]; what the journal has is not done again. */
export async function screenAll(
  asked: Askable,
  policy: Policy,
  domain: Domain,
  identity: ScreenIdentity,
  { out }: PrepareRequest,
  { onProgress, signal }: PrepareOptions,
  disk: Disk,
): Promise<ScreenedProblem[]> {
  const path = join(out, 'journal.jsonl');
  const { journal, entries } = await openJournal<Entry>(path, disk);
  try {
    const [first] = entries;
    if (first === undefined) await journal.append({ unit: 'screen', identity });
    else refuseOther(first, identity, path);

    const batches: Problem[][] = [];
    for (let from = 0; from < asked.problems.length; from += screeningBatch) {
      batches.push(asked.problems.slice(from, from + screeningBatch));
    }
    const done = new Map<number, readonly ScreenedProblem[]>();
    for (const entry of entries) if (entry.unit === 'batch') done.set(entry.batch, entry.screened);
    const before = [...done.values()].flat().length;
    const { attempts, stopAtFirstSuccess, sampling, seed } = identity;
    const missing = batches.flatMap((_, b) => (done.has(b) ? [] : [b]));
    const work = async () => {
      for (let b = missing.shift(); b !== undefined; b = missing.shift()) {
        if (signal?.aborted) return;
        const screened = await attempt(policy, domain, batches[b] as Problem[], `${seed}/batch-${b}`, {
          ...sampling,
          attempts,
          stopAtFirstSuccess,
          promptOf: (problem) => asked.prompts.get(problem) as Int32Array,
        });
        await journal.append({ unit: 'batch', batch: b, screened });
        done.set(b, screened);
        const all = [...done.values()].flat();
        onProgress?.({
          done: all.length,
          of: asked.problems.length,
          before,
          solved: all.filter((one) => one.first !== null).length,
          tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
        });
      }
    };
    // A few batches at once keep every worker busy; more would only lose more to an interruption.
    await Promise.all(Array.from({ length: 4 }, work));
    if (signal?.aborted) {
      throw new SoarError('RUN_INTERRUPTED', 'the screen was stopped; what was screened is kept', {
        where: out,
        remedy: 'continue with the same command',
      });
    }
    return batches.flatMap((_, b) => done.get(b) as readonly ScreenedProblem[]);
  } finally {
    await journal.close();
  }
}

function refuseOther(first: Entry, identity: ScreenIdentity, path: string): void {
  const there = first.unit === 'screen' ? first.identity : undefined;
  if (JSON.stringify(there) === JSON.stringify(identity)) return;
  const differs = Object.keys(identity).find(
    (key) =>
      JSON.stringify(there?.[key as keyof ScreenIdentity]) !== JSON.stringify(identity[key as keyof ScreenIdentity]),
  );
  throw new SoarError('PREPARE_OTHER', `the folder holds a screen that differs in its ${differs}`, {
    where: path,
    remedy: 'give another --out, remove the folder, or repeat the command that began it',
  });
}
