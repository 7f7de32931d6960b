/**
 * `tinker.jsonl`: what an engine on a service writes down beside a run, so that the next process finds what a dead one left there
 * (engine/tinker/journal.ts). Of the same form as the run's own journal. It says nothing about results.
 */
import type { Recovered, TinkerJournal, TinkerRecord } from '../engine/index.js';
import type { Disk } from './disk.js';
import { type Journal, openJournal } from './journal.js';

export interface EngineJournal extends TinkerJournal {
  /** What this process found of a dead one and freed: its work is done again. */
  readonly recovered: Recovered | undefined;
  /** Records so far and from now on go to this file: for a run whose folder is made after its engine. */
  attach(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Records are kept in memory until there is a file; nothing is trained before its run has a folder.
 * @param opened the file of earlier processes, for a run that goes on
 */
export function engineJournal(
  disk: Disk,
  opened?: { readonly journal: Journal<TinkerRecord>; readonly entries: readonly TinkerRecord[] },
): EngineJournal {
  const waiting: TinkerRecord[] = [];
  let journal = opened?.journal;
  let recovered: EngineJournal['recovered'];
  return {
    past: opened?.entries ?? [],
    get recovered() {
      return recovered;
    },
    async record(entry) {
      if (entry.event === 'recovered') {
        const { event: _, ...found } = entry;
        recovered = found;
      }
      if (journal) await journal.append(entry);
      else waiting.push(entry);
    },
    async attach(path) {
      ({ journal } = await openJournal<TinkerRecord>(path, disk));
      for (const entry of waiting.splice(0)) await journal.append(entry);
    },
    close: async () => journal?.close(),
  };
}

/** @throws SoarError RUN_JOURNAL_DAMAGED */
export const openEngineJournal = async (path: string, disk: Disk): Promise<EngineJournal> =>
  engineJournal(disk, await openJournal<TinkerRecord>(path, disk));
