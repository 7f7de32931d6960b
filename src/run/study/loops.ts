/** The loops of a study: each is a run of its own in the study's folder, without an evaluation, and is resumed as a run is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SoarError } from '../../errors.js';
import type { Embedder } from '../../evaluate/diversity/embedding.js';
import { diversityOf } from '../../evaluate/diversity/vendi.js';
import { countKinds } from '../../method/index.js';
import type { Domain } from '../../problems/domain.js';
import type { LoopCost, LoopFacts, QuestionQuality } from '../../report/study-data.js';
import { configSchema, type RunConfig } from '../config/config.js';
import { type Disk, nodeDisk } from '../disk.js';
import { type History, historyOf, promotionsOf, type RunEntry } from '../entries.js';
import type { Listener } from '../events.js';
import { readJournal } from '../journal.js';
import { readMetrics } from '../metrics.js';
import { resumeRun, startRun } from '../run.js';
import { type RunPaths, runPaths } from '../run-folder.js';
import { sha256 } from '../snapshots.js';
import type { Workbench } from '../workbench.js';

export interface StudyLoop {
  readonly name: string;
  /** Seed of the run. */
  readonly teacher: number;
  readonly config: RunConfig;
  readonly paths: RunPaths;
}

/** The config with settings of given paths changed, checked anew. @throws SoarError STUDY_BAD_CHANGE */
export function withChanges(config: RunConfig, changes: Readonly<Record<string, unknown>>): RunConfig {
  const tree = structuredClone(config) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    let at = tree;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[keys.at(-1) as string] = value;
  }
  const result = configSchema.safeParse(tree);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const keys = issue?.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys] : (issue?.path ?? []);
  throw new SoarError('STUDY_BAD_CHANGE', `a loop's settings do not fit: ${keys.join('.')}: ${issue?.message}`, {
    where: 'study.loops, study.transfer',
    remedy: `they change ${Object.keys(changes).join(', ')}; \`soar config --describe\` explains every setting`,
  });
}

/** The folder bears what the loop changes, so that a loop of the same name and other settings is another one. */
export function studyLoop(
  config: RunConfig,
  folder: string,
  { name, changes }: { readonly name: string; readonly changes: Readonly<Record<string, unknown>> },
  teacher: number,
): StudyLoop {
  const changed = withChanges(config, { ...changes, 'evaluate.arms': [], seed: teacher });
  const { stepsWithoutPromotion } = config.study;
  const shortened =
    changed.soar.promotion.enabled || stepsWithoutPromotion === null
      ? changed
      : withChanges(changed, { 'soar.outerSteps': stepsWithoutPromotion });
  const hash = sha256(JSON.stringify([shortened.soar, shortened.world, shortened.problems])).slice(0, 6);
  const run = `${name}-${hash}-seed${teacher}`;
  return { name, teacher, config: { ...shortened, name: run }, paths: runPaths(join(folder, 'loops', run)) };
}

export async function runLoop(
  loop: StudyLoop,
  bench: (config: RunConfig) => Promise<Workbench>,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const options = { bench, listener, signal };
  if (existsSync(loop.paths.folder)) await resumeRun(loop.paths, options);
  else await startRun(loop.config, join(loop.paths.folder, '..'), options);
}

export async function readHistory(
  paths: RunPaths,
  disk: Disk = nodeDisk,
): Promise<{ history: History; entries: RunEntry[] }> {
  const entries = await readJournal<RunEntry>(paths.journal, disk);
  return { history: historyOf(entries), entries };
}

/** Steps looked at closely. */
const looks = 8;

export async function loopFacts(
  loop: StudyLoop,
  domain: Pick<Domain, 'assess'>,
  embedder: Embedder,
): Promise<LoopFacts> {
  const { history, entries } = await readHistory(loop.paths);
  const proposals = entries.flatMap((entry) => (entry.unit === 'proposals' ? [entry] : []));
  const every = Math.max(1, Math.ceil(proposals.length / looks));
  const looked = proposals.filter(({ step }, i) => step % every === 0 || i === proposals.length - 1);
  return {
    loop: loop.name,
    teacher: loop.teacher,
    stepMeans: history.steps.map(({ stepMean }) => stepMean),
    promotions: history.steps.flatMap(({ step, promotion }) => (promotion ? [step] : [])),
    promotionQuestions: quality(
      promotionsOf(history).flatMap(({ questions }) =>
        questions.map(({ question, gold }) => ({ question, answer: gold })),
      ),
      domain,
    ),
    stages: await Promise.all(
      looked.map(async ({ step, record }) => ({
        step,
        ...(await diversityOf(
          record.proposals.map(({ question }) => question),
          `${loop.name}/${loop.teacher}/${step}`,
          { subsamples: 1, embedder },
        )),
        ...quality(record.proposals, domain),
        kinds: countKinds(record),
      })),
    ),
  };
}

function quality(
  asked: readonly { readonly question: string; readonly answer: string }[],
  { assess }: Pick<Domain, 'assess'>,
): QuestionQuality {
  if (!assess || asked.length === 0) return { wellPosed: null, correct: null };
  const found = asked.map(({ question, answer }) => assess(question, answer));
  const share = (test: (one: (typeof found)[number]) => boolean) => found.filter(test).length / found.length;
  return {
    wellPosed: share(({ wellPosed }) => wellPosed),
    correct: share(({ wellPosed, correct }) => wellPosed && correct),
  };
}

/** By the run's own bill, which counts what was done again after a stop; the hard problems are the whole study's. */
export async function loopCost({ paths }: StudyLoop): Promise<LoopCost> {
  const lines = (await readMetrics(paths.metrics, nodeDisk)).filter(({ part }) => part !== 'hard set');
  const sum = (of: (line: (typeof lines)[number]) => number) => lines.reduce((total, line) => total + of(line), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    tokensSampled: sum(({ sampledTokens }) => sampledTokens),
    tokensTrained: sum(({ trainedTokens }) => trainedTokens),
    graded: sum(({ verdicts }) => verdicts),
  };
}
