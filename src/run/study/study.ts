/**
 * `soar study`: loops by seeds, then rows by teachers and students, in one folder. What is finished is journaled and never done again;
 * more seeds or rows may be asked of a finished study. One loop or cell that fails loses none of the others.
 */

import { join } from 'node:path';
import type { Recovered } from '../../engine/index.js';
import { fixingSettings } from '../../engine/settings.js';
import { SoarError } from '../../errors.js';
import { type Embedder, nGrams } from '../../evaluate/diversity/embedding.js';
import { openSentenceEncoder } from '../../evaluate/diversity/sentence-encoder.js';
import { shareCorrect } from '../../evaluate/index.js';
import { planStudy, type StudyCell, type StudyPlan } from '../../evaluate/study/plan.js';
import { sideBySide } from '../../method/study.js';
import type { LoopFacts, QuestionSet, StudyClock, StudyFailure } from '../../report/study-data.js';
import { configYaml, type RunConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import type { History } from '../entries.js';
import type { Listener } from '../events.js';
import { openJournal } from '../journal.js';
import { openLedger } from '../ledger.js';
import { acquireLock } from '../lock.js';
import { appendMetrics, readMetrics } from '../metrics.js';
import { withPinnedModel } from '../model-place.js';
import { openWorkbench, sharedWorkbench } from '../open-workbench.js';
import { journalOf } from '../run.js';
import { runPaths } from '../run-folder.js';
import { sha256 } from '../snapshots.js';
import type { HardSet, Workbench } from '../workbench.js';
import { writeWhole } from '../write-whole.js';
import { type CellOutcome, runCell } from './cells.js';
import {
  loopFacts,
  loopSeconds,
  readHistory,
  runLoop,
  type StudyLoop,
  statesOfLoops,
  studyLoop,
  withChanges,
} from './loops.js';
import { type StudyFacts, writeStudy } from './write-study.js';

export type StudyEvent =
  | {
      readonly event: 'study';
      readonly loops: number;
      readonly cells: number;
      readonly doneLoops: number;
      readonly doneCells: number;
    }
  | {
      readonly event: 'loop';
      readonly loop: string;
      readonly teacher: number;
      readonly promotions: number;
      readonly steps: number;
      readonly seconds: number;
      readonly done: number;
      readonly of: number;
    }
  | {
      readonly event: 'cell';
      readonly row: string;
      readonly teacher: number;
      readonly student: number;
      readonly passAt1: number | null;
      readonly why: string | null;
      readonly seconds: number;
      readonly done: number;
      readonly of: number;
    }
  /** Of a process that died, on a service: adapters that were freed, and optimizer steps that are made again. */
  | ({ readonly event: 'recovered' } & Recovered)
  | ({ readonly event: 'failed' } & StudyFailure);

export interface StudyOptions {
  readonly onEvent?: (event: StudyEvent) => void;
  /** Of the loops' own runs. */
  readonly onRunEvent?: Listener;
  readonly signal?: AbortSignal;
}

type Entry =
  | {
      readonly unit: 'study';
      readonly identity: { readonly version: 1; readonly config: string; readonly model: string };
    }
  | { readonly unit: 'loop'; readonly key: string; readonly facts: LoopFacts }
  | { readonly unit: 'cell'; readonly key: string; readonly outcome: CellOutcome };

/** @throws SoarError STUDY_*, HUB_*, MODEL_*, RUN_INTERRUPTED, RUN_LOCKED */
export async function study(asked: RunConfig, folder: string, options: StudyOptions = {}): Promise<StudyFacts> {
  const config = await withPinnedModel(asked);
  const plan = planStudy(config.study);
  const { signal = new AbortController().signal, onEvent = () => undefined } = options;
  const loops = plan.loops.flatMap((loop) =>
    Array.from({ length: config.study.teachers }, (_, t) => studyLoop(config, folder, loop, t + 1)),
  );
  const { encoder } = config.study;
  const embedder = encoder === null ? nGrams : await openSentenceEncoder(encoder);
  try {
    // First of all: what an engine on a service writes down must outlive this process.
    await nodeDisk.makeFolder(folder);
    const lock = await acquireLock(folder);
    try {
      // One for the whole study, since its loops and cells share an engine.
      const service = await journalOf(runPaths(folder), config);
      try {
        const bench = await openWorkbench(config, service);
        try {
          if (service.recovered) onEvent({ event: 'recovered', ...service.recovered });
          const { onRunEvent = () => undefined } = options;
          return await fill({ plan, config, folder, bench, embedder, loops, signal, onEvent }, onRunEvent);
        } finally {
          await bench.close();
        }
      } finally {
        await service.close();
      }
    } finally {
      await lock.release();
    }
  } finally {
    await embedder.close();
  }
}

type Place = Pick<Work, 'plan' | 'config' | 'folder' | 'bench' | 'embedder' | 'loops' | 'signal' | 'onEvent'>;

/** All loops, then all cells, as far as they are not done. */
async function fill(place: Place, onRunEvent: Listener): Promise<StudyFacts> {
  const { plan, config, folder, bench, loops, onEvent } = place;
  const { journal, entries } = await openJournal<Entry>(join(folder, 'journal.jsonl'), nodeDisk);
  try {
    const identity = { version: 1, config: baseHash(config), model: bench.model } as const;
    await checkIdentity(entries[0], identity, folder, () => journal.append({ unit: 'study', identity }));
    await writeWhole(join(folder, 'config.yaml'), configYaml(config), nodeDisk);
    const work: Work = {
      ...place,
      failures: [],
      hardSets: new Map(),
      sets: new Map(),
      facts: new Map(),
      outcomes: new Map(),
      journal,
    };
    for (const entry of entries) {
      if (entry.unit === 'loop') work.facts.set(entry.key, entry.facts);
      if (entry.unit === 'cell') work.outcomes.set(entry.key, entry.outcome);
    }
    const todo = plan.cells.filter((cell) => !work.outcomes.has(cellKey(cell, work)));
    onEvent({
      event: 'study',
      loops: loops.length,
      cells: plan.cells.length,
      doneLoops: loops.filter((loop) => work.facts.has(loop.paths.name)).length,
      doneCells: plan.cells.length - todo.length,
    });
    // All at once, before a loop says what it alone keeps; and when no cell stands on anything any more.
    if (bench.retain) await bench.retain(await statesOfLoops(folder));
    await runLoops(work, onRunEvent);
    await runCells(work, todo);
    await bench.retain?.(new Map());
    return await finish(work);
  } finally {
    await journal.close();
  }
}

interface Work {
  readonly plan: StudyPlan;
  readonly config: RunConfig;
  readonly folder: string;
  readonly bench: Workbench;
  readonly embedder: Embedder;
  readonly loops: readonly StudyLoop[];
  readonly signal: AbortSignal;
  readonly onEvent: (event: StudyEvent) => void;
  readonly failures: StudyFailure[];
  readonly hardSets: Map<string, Promise<HardSet>>;
  /** Of questions, as they were described. */
  readonly sets: Map<string, Promise<QuestionSet>>;
  readonly facts: Map<string, LoopFacts>;
  readonly outcomes: Map<string, CellOutcome>;
  readonly journal: { append(entry: Entry): Promise<void> };
}

/** What every loop and cell shares; what a study compares, and how many seeds it has, may grow. */
function baseHash({ soar, evaluate, world, problems, domain, engine, mathematics, study }: RunConfig): string {
  const { arms: _arms, seeds: _seeds, ks: _ks, bootstrap: _bootstrap, ...training } = evaluate;
  const computing = fixingSettings(engine);
  return sha256(
    JSON.stringify({ soar, training, world, problems, domain, computing, mathematics, encoder: study.encoder }),
  );
}

async function checkIdentity(first: Entry | undefined, now: unknown, folder: string, begin: () => Promise<void>) {
  if (first === undefined) return begin();
  if (first.unit === 'study' && JSON.stringify(first.identity) === JSON.stringify(now)) return;
  throw new SoarError('STUDY_OTHER', 'this folder holds a study with other settings or another model', {
    where: folder,
    remedy: 'give another --name; rows, teachers and students may differ, everything else must be as it was',
  });
}

/** A cell is the same when all that it follows from is the same. */
function cellKey({ row, teacher, student }: StudyCell, { config, loops }: Pick<Work, 'config' | 'loops'>): string {
  const { loop, arm, transfer, questions = config.study.questions } = row;
  const of = loops.find((one) => one.name === loop && one.teacher === teacher)?.paths.name ?? null;
  const { transfer: second } = config.study;
  const name = sha256(JSON.stringify([of, arm, transfer ? second : null, questions])).slice(0, 8);
  return `${name}/${arm}/${teacher}/${student}`;
}

async function runLoops(work: Work, onRunEvent: Listener): Promise<void> {
  const { loops, bench, embedder, sets, facts, signal, onEvent, journal } = work;
  for (const [i, loop] of loops.entries()) {
    if (facts.has(loop.paths.name)) continue;
    throwIfStopped(work);
    const began = performance.now();
    await guarded(work, `loop ${loop.name}, teacher ${loop.teacher}`, async () => {
      const shared = async (of: RunConfig): Promise<Workbench> => ({
        ...(await sharedWorkbench(bench, of)),
        findHardProblems: () => hardSet(work, of),
      });
      await runLoop(loop, shared, onRunEvent, signal);
      const found = await loopFacts(loop, { domain: bench.domain, embedder, known: sets });
      await journal.append({ unit: 'loop', key: loop.paths.name, facts: found });
      facts.set(loop.paths.name, found);
      onEvent({
        event: 'loop',
        loop: loop.name,
        teacher: loop.teacher,
        promotions: found.promotions.length,
        steps: found.stepMeans.length,
        seconds: (performance.now() - began) / 1000,
        done: i + 1,
        of: loops.length,
      });
    });
  }
}

/** The same world gives the same hard problems: they are looked for once. */
function hardSet(
  { hardSets, bench, signal }: Pick<Work, 'hardSets' | 'bench' | 'signal'>,
  config: RunConfig,
): Promise<HardSet> {
  return once(hardSets, JSON.stringify([config.world, config.problems]), async () => {
    const of = await sharedWorkbench(bench, config);
    return of.findHardProblems(() => undefined, signal);
  });
}

const historyOfLoop = async ({ paths }: StudyLoop): Promise<History> => (await readHistory(paths)).history;

/** What is made the first time and then known. */
function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

async function runCells(work: Work, todo: readonly StudyCell[]): Promise<void> {
  const { config, bench, loops, outcomes, signal, onEvent, journal, facts, folder, plan } = work;
  const second = withChanges(config, config.study.transfer);
  const histories = new Map<string, Promise<History>>();
  let done = plan.cells.length - todo.length;
  const tasks = todo.map((cell) => async () => {
    const { row, teacher, student } = cell;
    if (signal.aborted) return;
    const loop = loops.find((one) => one.name === row.loop && one.teacher === teacher);
    // Its loop failed, and was said to.
    if (row.loop !== undefined && !(loop && facts.has(loop.paths.name))) return;
    await guarded(work, `${row.name}, teacher ${teacher}, student ${student}`, async () => {
      const began = performance.now();
      const found = await hardSet(work, row.transfer ? second : config);
      const finished = loop && { ...loop, history: await once(histories, loop.paths.name, () => historyOfLoop(loop)) };
      const ledger = openLedger();
      const here = { config, bench, hardSet: found, ...(finished && { loop: finished }), signal };
      const outcome = await runCell(cell, here, ledger);
      const key = cellKey(cell, work);
      await journal.append({ unit: 'cell', key, outcome });
      outcomes.set(key, outcome);
      const seconds = (performance.now() - began) / 1000;
      if ('result' in outcome) {
        const line = { part: row.name, unit: `${teacher}-${student}`, seconds, ...ledger.total() };
        appendMetrics(join(folder, metricsFile), line);
      }
      onEvent({
        event: 'cell',
        row: row.name,
        teacher,
        student,
        passAt1: 'result' in outcome ? shareCorrect(outcome.result) : null,
        why: 'skipped' in outcome ? outcome.skipped : null,
        seconds,
        done: ++done,
        of: plan.cells.length,
      });
    });
  });
  await sideBySide(tasks, bench.plan.concurrentStudies);
  throwIfStopped(work);
}

/** One that fails is named and the others go on; being stopped ends everything. */
async function guarded({ failures, onEvent, signal }: Work, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (signal.aborted) return;
    const code = error instanceof SoarError ? error.code : 'INTERNAL';
    const failure = { what, code, message: (error as Error).message };
    failures.push(failure);
    onEvent({ event: 'failed', ...failure });
  }
}

function throwIfStopped({ signal, folder }: Work): void {
  if (!signal.aborted) return;
  throw new SoarError('RUN_INTERRUPTED', 'the study was stopped; finished work is kept', {
    where: folder,
    remedy: 'continue with the same command',
  });
}

async function finish(work: Work): Promise<StudyFacts> {
  const { plan, config, folder, loops, outcomes, facts, failures } = work;
  const finished = loops.filter((loop) => facts.has(loop.paths.name));
  return writeStudy(folder, {
    config,
    rows: plan.rows,
    cells: plan.cells.flatMap((cell) => {
      const outcome = outcomes.get(cellKey(cell, work));
      return outcome ? [{ cell, outcome }] : [];
    }),
    loops: finished.map((loop) => facts.get(loop.paths.name) as LoopFacts),
    failures,
    clock: await readClock(folder, finished),
  });
}

async function readClock(folder: string, loops: readonly StudyLoop[]): Promise<StudyClock> {
  const cells = await readMetrics(join(folder, metricsFile), nodeDisk);
  const last = new Map(cells.map(({ part, unit, seconds }) => [`${part}/${unit}`, { name: part, seconds }]));
  return {
    rows: [...last.values()],
    loops: await Promise.all(loops.map(async (loop) => ({ name: loop.name, seconds: await loopSeconds(loop) }))),
  };
}

const metricsFile = 'metrics.jsonl';
