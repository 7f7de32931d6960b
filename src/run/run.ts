/**
 * A run from its folder: hard problems, outer steps, final evaluation, results. Every unit of work is journaled when it is
 * done and taken from the journal when it was done before, so that starting and resuming are the same walk, and a run that
 * was killed any number of times ends with the same results, to the byte.
 *
 * Must not: print. Trusts: the engine to give the same bytes for the same calls.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InProcessSettings } from '../engine/index.js';
import { SoarError } from '../errors.js';
import type { SpendingReport } from '../report/index.js';
import type { RunConfig } from './config/config.js';
import { type Disk, nodeDisk } from './disk.js';
import { type EngineJournal, engineJournal, openEngineJournal } from './engine-journal.js';
import type { RunEntry } from './entries.js';
import { evaluateRun } from './evaluation.js';
import type { Listener } from './events.js';
import { readJournal } from './journal.js';
import { noCost } from './ledger.js';
import { acquireLock } from './lock.js';
import { appendMetrics } from './metrics.js';
import { withPinnedModel } from './model-place.js';
import { billOf, identityOf, type OpenRun, openRun } from './open-run.js';
import { openWorkbench } from './open-workbench.js';
import { outerLoop } from './outer-loop.js';
import { type RunResults, writeResults } from './results.js';
import { createRunFolder, type RunPaths, readRunConfig } from './run-folder.js';
import { startedEvent } from './started-event.js';
import type { HardSet, Workbench } from './workbench.js';

export interface RunOptions {
  readonly listener?: Listener;
  /** Ends the run early; it can be resumed. */
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
  /** In place of the config's; changes no result. */
  readonly workers?: InProcessSettings['workers'];
  /** In place of the config's engine, model and domain. */
  readonly bench?: (config: RunConfig, journal?: EngineJournal) => Promise<Workbench>;
}

export interface FinishedRun {
  readonly paths: RunPaths;
  readonly results: RunResults;
  readonly spending: SpendingReport;
}

/** A new run in a new folder. @throws SoarError RUN_EXISTS, RUN_INTERRUPTED, MODEL_*, METHOD_*, ... */
export async function startRun(asked: RunConfig, runsFolder: string, options: RunOptions = {}): Promise<FinishedRun> {
  const config = await withPinnedModel(asked);
  const { disk = nodeDisk } = options;
  const journal = engineJournal(disk);
  const act = async (bench: Workbench) => {
    const paths = await createRunFolder(runsFolder, config, identityOf(config, bench), disk);
    return withLock(paths, async () => {
      if (config.engine.kind === 'tinker') await journal.attach(paths.tinker);
      return drive(paths, config, bench, options, false);
    });
  };
  return withWorkbench(config, options, act, journal);
}

/** The run from where it stopped; a finished one writes its results anew. @throws SoarError RUN_LOCKED, RUN_*_CHANGED, ... */
export async function resumeRun(paths: RunPaths, options: RunOptions = {}): Promise<FinishedRun> {
  return withLock(paths, async () => {
    const config = readRunConfig(paths);
    const journal = await journalOf(paths, config, options);
    const act = (bench: Workbench) => drive(paths, config, bench, options, true, journal);
    return withWorkbench(config, options, act, journal);
  });
}

/** For a run or a study that goes on; the caller holds its lock. */
export async function journalOf(
  paths: Pick<RunPaths, 'tinker'>,
  { engine }: RunConfig,
  { disk = nodeDisk }: RunOptions = {},
): Promise<EngineJournal> {
  return engine.kind === 'tinker' ? openEngineJournal(paths.tinker, disk) : engineJournal(disk);
}

function drive(
  paths: RunPaths,
  config: RunConfig,
  bench: Workbench,
  options: RunOptions,
  resumed: boolean,
  journal?: EngineJournal,
) {
  return withRun(paths, config, bench, options, async (run) => {
    run.emit(startedEvent(run, resumed));
    if (journal?.recovered) {
      const { adapters, steps, tokens } = journal.recovered;
      run.emit({ event: 'recovered', ...journal.recovered });
      const repeated = { repeatedSteps: steps, repeatedTokens: tokens };
      appendMetrics(paths.metrics, {
        part: 'recovered',
        unit: `${adapters} adapters`,
        seconds: 0,
        ...noCost,
        ...repeated,
      });
    }
    const hardSet = await hardProblems(run);
    await outerLoop(run, hardSet.train);
    const evaluation = await evaluateRun(run, hardSet);
    const entries = await readJournal<RunEntry>(paths.journal, run.disk);
    return { paths, ...(await writeResults(run, evaluation, entries)) };
  });
}

/** Opens the run, works on it until it is done or asked to stop, and closes it. */
export async function withRun(
  paths: RunPaths,
  config: RunConfig,
  bench: Workbench,
  options: RunOptions,
  work: (run: OpenRun) => Promise<FinishedRun>,
): Promise<FinishedRun> {
  const { signal = new AbortController().signal, listener = () => undefined, disk = nodeDisk } = options;
  const run = await openRun({ paths, config, bench, disk, emit: listener, signal });
  try {
    const finished = await untilAborted(run, () => work(run));
    run.emit({
      event: 'finished',
      folder: finished.paths.folder,
      seconds: run.seconds(),
      cost: bench.ledger.total(),
      ...billOf(run),
    });
    return finished;
  } finally {
    await run.close();
  }
}

async function hardProblems(run: OpenRun): Promise<HardSet> {
  const { history, bench, emit, signal } = run;
  if (!history.hardSet) {
    const spend = run.meter('hard set');
    const found = await bench.findHardProblems((done, of) => emit({ event: 'screening', done, of }), signal);
    await run.record({ unit: 'hard-set', ...found });
    spend('hard set');
  }
  const { train, test, screened, attempts } = history.hardSet as HardSet;
  emit({ event: 'hard-set', train: train.length, test: test.length, screened, attempts });
  return { train, test, screened, attempts };
}

/**
 * Ends soon after the signal says so: the work is given a moment to notice; what it does not finish by then is abandoned, as
 * by a kill, and its journal lines are refused from then on.
 */
async function untilAborted<T>({ signal, paths }: OpenRun, work: () => Promise<T>): Promise<T> {
  if (!signal.aborted) {
    const working = work().catch((error) => {
      if (!signal.aborted) throw error;
    });
    const outOfPatience = once(signal, 'abort').then(() => sleep(2000, undefined));
    const done = await Promise.race([working, outOfPatience]);
    if (done !== undefined) return done;
  }
  throw new SoarError('RUN_INTERRUPTED', 'the run was stopped; finished work is kept', {
    remedy: `continue with \`soar resume ${paths.folder}\``,
  });
}

export async function withWorkbench<T>(
  config: RunConfig,
  options: RunOptions,
  act: (bench: Workbench) => Promise<T>,
  journal?: EngineJournal,
): Promise<T> {
  try {
    const bench = await (options.bench ?? openWorkbench)(withWorkers(config, options.workers), journal);
    try {
      return await act(bench);
    } finally {
      await bench.close();
    }
  } finally {
    await journal?.close();
  }
}

/** A service has its own workers. */
function withWorkers(config: RunConfig, workers: RunOptions['workers']): RunConfig {
  const { engine } = config;
  return workers === undefined || engine.kind === 'tinker' ? config : { ...config, engine: { ...engine, workers } };
}

export async function withLock<T>(paths: RunPaths, act: () => Promise<T>): Promise<T> {
  const lock = await acquireLock(paths.folder);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}
