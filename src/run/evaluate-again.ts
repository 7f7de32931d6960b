/**
 * Evaluates a run with other settings of `evaluate:`, into `<run>/evaluations/<settings>/`: its own journal, so that it is
 * resumed by asking again, and its own results. The run itself is only read.
 */
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import type { EvaluationOutcome } from '../evaluate/index.js';
import { configYaml, type RunConfig, resolveConfig } from './config/config.js';
import { type Disk, nodeDisk } from './disk.js';
import { addToHistory, historyOf, type RunEntry } from './entries.js';
import { evaluateRun } from './evaluation.js';
import { openJournal, readJournal } from './journal.js';
import type { OpenRun } from './open-run.js';
import { writeResults } from './results.js';
import { type FinishedRun, journalOf, type RunOptions, withLock, withRun, withWorkbench } from './run.js';
import { checkIdentity, configHash, type RunPaths, readRunConfig, runPaths } from './run-folder.js';
import { sha256 } from './snapshots.js';
import { startedEvent } from './started-event.js';
import type { Workbench } from './workbench.js';

/** @throws SoarError RUN_CONFIG_CHANGED when `sets` touch more than `evaluate`, RUN_NOTHING_TO_EVALUATE, EVALUATE_NOTHING, ... */
export async function evaluateAgain(
  paths: RunPaths,
  sets: readonly string[],
  options: RunOptions = {},
): Promise<FinishedRun> {
  return withLock(paths, async () => {
    const ofRun = readRunConfig(paths);
    const config = resolveConfig({ file: paths.config, sets });
    checkOnlyEvaluate(config, ofRun);
    const act = (bench: Workbench) =>
      withRun(paths, ofRun, bench, options, (run) => evaluateInto(run, config, options.disk ?? nodeDisk));
    return withWorkbench(ofRun, options, act, await journalOf(paths, ofRun, options));
  });
}

async function evaluateInto(run: OpenRun, config: RunConfig, disk: Disk): Promise<FinishedRun> {
  const { hardSet, steps } = run.history;
  if (!hardSet) {
    throw new SoarError('RUN_NOTHING_TO_EVALUATE', 'this run has not found its hard problems yet', {
      where: run.paths.journal,
      remedy: `let it go on for a while first: \`soar resume ${run.paths.folder}\``,
    });
  }
  const identity = { version: 1, config: configHash(config), model: run.bench.model } as const;
  const name = sha256(JSON.stringify([identity, steps.length])).slice(0, 8);
  const paths = runPaths(join(run.paths.folder, 'evaluations', name));
  await disk.makeFolder(paths.folder);
  await disk.write(paths.config, configYaml(config));
  const { journal, entries } = await openJournal<RunEntry>(paths.journal, disk);
  const done = historyOf(entries);
  const history = { ...run.history, identity, evaluations: done.evaluations };
  if (done.promotedAccuracies) history.promotedAccuracies = done.promotedAccuracies;
  else delete history.promotedAccuracies;
  const record = async (entry: RunEntry) => {
    await journal.append(entry);
    addToHistory(history, entry);
  };
  try {
    if (done.identity) checkIdentity(paths, done.identity, identity);
    else await record({ unit: 'run', identity });
    const evaluating = { ...run, paths, config, history, record };
    run.emit(startedEvent(evaluating, entries.length > 0));
    const evaluation = await evaluateRun(evaluating, hardSet);
    if (evaluation.results.length === 0) throw nothingToRun(evaluation, run.paths.folder);
    const ofRun = await readJournal<RunEntry>(run.paths.journal, disk);
    const own = await readJournal<RunEntry>(paths.journal, disk);
    const shown = [...ofRun.filter(({ unit }) => unit !== 'evaluation' && unit !== 'promoted-accuracies'), ...own];
    return { paths, ...(await writeResults(evaluating, evaluation, shown)) };
  } finally {
    await journal.close();
  }
}

function nothingToRun({ skipped }: EvaluationOutcome, where: string): SoarError {
  const why = skipped.map(({ arm, reason }) => `${arm}: ${reason}`);
  return new SoarError('EVALUATE_NOTHING', `none of the arms can be run (${why.join('; ') || 'none is asked for'})`, {
    where,
    remedy: "choose others with --set 'evaluate.arms=[hard-only, base]', or let the run go on until it has promoted",
  });
}

function checkOnlyEvaluate(config: RunConfig, ofRun: RunConfig): void {
  if (configHash({ ...config, evaluate: ofRun.evaluate }) === configHash(ofRun)) return;
  throw new SoarError('RUN_CONFIG_CHANGED', 'only settings of the section evaluate can differ from the run', {
    where: '--set',
    remedy: 'leave the other settings out, or start a new run with them',
  });
}
