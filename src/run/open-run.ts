/**
 * A run that is being worked on: its config, history and durable writers in one place. Opening checks that everything
 * fits together and clears away what a killed process left unfinished.
 */
import { join } from 'node:path';
import { type RunningBill, runningBill, type Spent, sumSpent } from './bill/running-bill.js';
import type { RunConfig } from './config/config.js';
import type { Disk } from './disk.js';
import { addToHistory, type History, historyOf, type RunEntry, type RunIdentity, stateOf } from './entries.js';
import type { Listener } from './events.js';
import { openJournal } from './journal.js';
import { keptStates } from './kept-states.js';
import { combineCosts } from './ledger.js';
import { appendMetrics, type MetricsLine, readMetrics } from './metrics.js';
import { checkIdentity, configHash, type RunPaths } from './run-folder.js';
import { openSnapshots, type Snapshots } from './snapshots.js';
import { stepName } from './step-memory.js';
import type { Workbench } from './workbench.js';

export interface OpenRun {
  readonly paths: RunPaths;
  readonly config: RunConfig;
  readonly bench: Workbench;
  readonly disk: Disk;
  readonly snapshots: Snapshots;
  readonly history: History;
  readonly emit: Listener;
  readonly signal: AbortSignal;
  /** Durable when it resolves; then also in the history. */
  readonly record: (entry: RunEntry) => Promise<void>;
  /** Seconds since the run was opened. */
  readonly seconds: () => number;
  /** A stopwatch over time and cost: each call puts what was spent since the one before into the metrics. */
  readonly meter: (unit: string) => (part: string) => void;
  /** On the run so far, by this process and those before it. */
  readonly spent: () => Spent;
  /** Metrics of this process and of those before it. */
  readonly metrics: readonly MetricsLine[];
  close(): Promise<void>;
}

export interface OpenRunRequest {
  readonly paths: RunPaths;
  readonly config: RunConfig;
  readonly bench: Workbench;
  readonly disk: Disk;
  readonly emit: Listener;
  readonly signal: AbortSignal;
}

export function identityOf(config: RunConfig, bench: Workbench): RunIdentity {
  return { version: 1, config: configHash(config), model: bench.model };
}

export async function openRun({ paths, config, bench, disk, emit, signal }: OpenRunRequest): Promise<OpenRun> {
  const { journal, entries } = await openJournal<RunEntry>(paths.journal, disk);
  const history = historyOf(entries);
  const snapshots = openSnapshots(paths.snapshots, disk);
  try {
    checkIdentity(paths, history.identity, identityOf(config, bench));
    await clearUnfinished({ history, paths, snapshots, disk, bench });
  } catch (error) {
    await journal.close();
    throw error;
  }

  const metrics = await readMetrics(paths.metrics, disk);
  const before = sumSpent(metrics);
  const atOpening = bench.ledger.total();
  const opened = performance.now();
  const seconds = () => (performance.now() - opened) / 1000;
  const pulse = setInterval(
    () => emit({ event: 'pulse', seconds: seconds(), cost: bench.ledger.total(), ...billOf(run) }),
    1000,
  );
  pulse.unref();
  const run: OpenRun = {
    paths,
    config,
    bench,
    disk,
    snapshots,
    history,
    emit,
    signal,
    async record(entry) {
      await journal.append(entry);
      addToHistory(history, entry);
    },
    seconds,
    metrics,
    spent: () => ({
      cost: combineCosts(before.cost, combineCosts(bench.ledger.total(), atOpening, -1)),
      seconds: before.seconds + seconds(),
    }),
    meter(unit) {
      let [time, total] = [seconds(), bench.ledger.total()];
      return (part) => {
        const [now, spent] = [seconds(), bench.ledger.total()];
        const line = { part, unit, seconds: now - time, ...combineCosts(spent, total, -1) };
        appendMetrics(paths.metrics, line);
        metrics.push(line);
        [time, total] = [now, spent];
      };
    },
    async close() {
      clearInterval(pulse);
      await journal.close();
    },
  };
  return run;
}

/** The bill so far, as an event bears it; nothing without prices. */
export function billOf({ config, history, metrics, spent }: OpenRun): { readonly bill?: RunningBill } {
  const bill = runningBill(config, history, metrics, spent());
  return bill ? { bill } : {};
}

/** Keeps what the history names: the last teacher, every promoted student, the open step's students. */
export async function clearUnfinished({
  history,
  paths,
  snapshots,
  disk,
  bench,
}: Pick<OpenRun, 'history' | 'paths' | 'snapshots' | 'disk' | 'bench'>): Promise<void> {
  const { step, promotions } = stateOf(history);
  const kept = new Set([...promotions.map((_, index) => promotionName(index)), teacherName(step - 1)]);
  await snapshots.prune((name) => kept.has(name));
  for (const name of await disk.list(paths.students)) {
    if (name !== stepName(step)) await disk.remove(join(paths.students, name));
  }
  // Last: what is freed outside must not be named by any file.
  await bench.retain?.(new Map([[paths.folder, await keptStates(history, paths, snapshots, disk)]]));
}

/** The teacher after step `step`, from 0. */
export const teacherName = (step: number) => `teacher-${stepName(step)}`;
/** The student of promotion `index`, from 0. */
export const promotionName = (index: number) => `promotion-${String(index).padStart(2, '0')}`;
