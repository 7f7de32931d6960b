/** The loops of a study: each is a run of its own in the study's folder, without an evaluation, and is resumed as a run is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyState } from '../../engine/engine.js';
import { SoarError } from '../../errors.js';
import type { Embedder } from '../../evaluate/diversity/embedding.js';
import { diversityOf } from '../../evaluate/diversity/vendi.js';
import type { Assessment, Domain } from '../../problems/domain.js';
import type { LoopFacts, QuestionQuality, QuestionSet } from '../../report/study-data.js';
import { configSchema, type RunConfig } from '../config/config.js';
import { type Disk, nodeDisk } from '../disk.js';
import { costOf, type History, historyOf, promotionsOf, type RunEntry } from '../entries.js';
import type { Listener } from '../events.js';
import { readJournal } from '../journal.js';
import { keptStates } from '../kept-states.js';
import { readMetrics } from '../metrics.js';
import { resumeRun, startRun } from '../run.js';
import { type RunPaths, runPaths } from '../run-folder.js';
import { openSnapshots, sha256 } from '../snapshots.js';
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

/** What any loop in the study's folder may load again, also those that are not asked for now. By the loop's folder. */
export async function statesOfLoops(folder: string, disk: Disk = nodeDisk): Promise<Map<string, PolicyState[]>> {
  const states = new Map<string, PolicyState[]>();
  for (const name of await disk.list(join(folder, 'loops'))) {
    const paths = runPaths(join(folder, 'loops', name));
    const { history } = await readHistory(paths, disk);
    states.set(paths.folder, await keptStates(history, paths, openSnapshots(paths.snapshots, disk), disk));
  }
  return states;
}

/** Steps along a loop whose diversity is looked at, and the subsamples of each such look. */
const looks = 8;
const subsamplesOfLook = 4;

/** What the sets of questions of all loops are described with. Equal sets, as those of one untrained teacher, are described once. */
export interface QuestionLens {
  readonly domain: Pick<Domain, 'assess'>;
  readonly embedder: Embedder;
  readonly known: Map<string, Promise<QuestionSet>>;
}

export async function loopFacts(loop: StudyLoop, lens: QuestionLens): Promise<LoopFacts> {
  const { history, entries } = await readHistory(loop.paths);
  const proposals = entries.flatMap((entry) => (entry.unit === 'proposals' ? [entry] : []));
  const every = Math.max(1, Math.ceil(proposals.length / looks));
  const looked = proposals.filter(({ step }, i) => step % every === 0 || i === proposals.length - 1);
  const written = proposals.map(({ record }) => record.proposals.map(({ question, answer }) => ({ question, answer })));
  const promoted = promotionsOf(history).flatMap(({ questions }) =>
    questions.map(({ question, gold }) => ({ question, answer: gold })),
  );
  return {
    loop: loop.name,
    teacher: loop.teacher,
    stepMeans: history.steps.map(({ stepMean }) => stepMean),
    promotions: history.steps.flatMap(({ step, promotion }) => (promotion ? [step] : [])),
    kinds: history.steps.map(({ kinds }) => kinds),
    stages: await Promise.all(
      looked.map(async ({ step, record }) => {
        const questions = record.proposals.map(({ question }) => question);
        const options = { subsamples: subsamplesOfLook, embedder: lens.embedder };
        const { vendi, distance } = await diversityOf(questions, `stage/${loop.teacher}/${step}`, options);
        return { step, vendi, distance, ...qualityOf(record.proposals, lens.domain) };
      }),
    ),
    sets: {
      first: await describe(written[0] ?? [], lens),
      last: await describe(written.at(-1) ?? [], lens),
      promoted: await describe(promoted, lens),
    },
    cost: costOf(entries),
  };
}

interface Asked {
  readonly question: string;
  readonly answer: string;
}

async function describe(
  asked: readonly Asked[],
  { domain, embedder, known }: QuestionLens,
): Promise<QuestionSet | null> {
  if (asked.length === 0) return null;
  const key = sha256(JSON.stringify(asked.map(({ question, answer }) => [question, answer])));
  const make = async () => {
    const questions = asked.map(({ question }) => question);
    const diversity = await diversityOf(questions, key, { embedder });
    return { questions: asked.length, ...diversity, ...qualityOf(asked, domain) };
  };
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Shares, where the domain can tell. */
function qualityOf(asked: readonly Asked[], { assess }: Pick<Domain, 'assess'>): QuestionQuality {
  if (!assess) return { wellPosed: null, correct: null, errors: null };
  const found = asked.map(({ question, answer }) => assess(question, answer));
  const share = (test: (one: Assessment) => boolean) => found.filter(test).length / found.length;
  return {
    wellPosed: share(({ wellPosed }) => wellPosed),
    correct: share(({ wellPosed, correct }) => wellPosed && correct),
    errors: {
      'wrong-answer': share(({ error }) => error === 'wrong-answer'),
      ambiguous: share(({ error }) => error === 'ambiguous'),
      malformed: share(({ error }) => error === 'malformed'),
    },
  };
}

/** By the clock of the run's own bill; the hard problems are the whole study's. */
export async function loopSeconds({ paths }: Pick<StudyLoop, 'paths'>): Promise<number> {
  const lines = (await readMetrics(paths.metrics, nodeDisk)).filter(({ part }) => part !== 'hard set');
  return lines.reduce((sum, { seconds }) => sum + seconds, 0);
}
