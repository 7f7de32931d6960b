/**
 * What a demonstration on the built-in world, with a given base model, is worth. Measured on development seeds: what the base can do
 * by length, what one inner run on oracle datasets does to the hard problems, what a few loops of SOAR teach and promote beside a frozen
 * teacher, and how the arms fare. Prints nothing; hands out rows, on which `worldConditions` gives its verdicts.
 */
import type { Policy } from '../engine/engine.js';
import {
  accuracyByQuestion,
  initialState,
  innerRun,
  innerSteps,
  type OuterStepOutcome,
  outerStep,
  type SoarSettings,
  transientMemory,
} from '../method/index.js';
import type { Domain } from '../problems/domain.js';
import { hardCandidates, hardSplit, irrelevantQuestions, oraclePrograms, screen } from '../problems/index.js';
import type { Problem } from '../problems/problem.js';
import type { WorldSettings } from '../problems/world/settings.js';
import { runArmUnit } from './arm-unit.js';
import { meanAndDeviation } from './moments.js';
import { passAtKOverProblems } from './pass-at-k.js';
import type { ArmName, EvaluateSettings } from './settings.js';

export interface DesignCheck {
  readonly base: Policy;
  readonly domain: Domain;
  readonly world: WorldSettings;
  readonly soar: SoarSettings;
  readonly evaluate: EvaluateSettings;
  /** Seeds of Hard-Only; oracle datasets and teachers take the first few. */
  readonly seeds: number;
  readonly seed: string;
  readonly onRow: (row: DesignRow) => void;
  /** Counted in inner runs, or as much work as one; nearly all the time goes into them. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface DesignRow {
  readonly part: 'success by length' | 'hard set' | 'oracle' | 'teacher' | 'loop' | 'arm';
  readonly what: string;
  /** One per seed, loop or outer step where there are several. */
  readonly values: readonly number[];
}

const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** By a name of the random stream and the hard problems. */
const oracleSets: Readonly<Record<string, (s: string, hard: readonly Problem[]) => readonly Problem[]>> = {
  '64 of length 3': (s) => oraclePrograms(3, 64, s),
  '64 of length 4': (s) => oraclePrograms(4, 64, s),
  '64 of length 5': (s) => oraclePrograms(5, 64, s),
  '8 of length 3 among 64': (s) => [...oraclePrograms(3, 8, s), ...irrelevantQuestions(56, s)],
  '1 of length 3 among 16': (s) => [...oraclePrograms(3, 1, s), ...irrelevantQuestions(15, s)],
  '64 irrelevant': (s) => irrelevantQuestions(64, s),
  '64 of length 1 and 2': (s) => [...oraclePrograms(1, 32, s), ...oraclePrograms(2, 32, s)],
  'the hard problems': (_, hard) => hard,
};
const oracleSeeds = 3;
/** Loops of SOAR; the arms' seeds take their promotion questions in turn. */
export const designLoops = 3;
/** Numbers of operations between what the base can do and what it never does: the useful questions. */
export const middleLengths = [3, 4, 5];

/** A check under way: its work is counted. */
interface Check extends DesignCheck {
  /** So many inner runs more. */
  readonly did: (innerRuns: number) => void;
}

/** Every row, which were also handed out as they were found. */
export async function checkDesign({ onRow, onProgress, ...given }: DesignCheck): Promise<readonly DesignRow[]> {
  const rows: DesignRow[] = [];
  const of = allInnerRuns(given);
  let done = 0;
  const check: Check = {
    ...given,
    onRow: (row: DesignRow) => {
      rows.push(row);
      onRow(row);
    },
    did: (innerRuns) => {
      done += innerRuns;
      onProgress?.(Math.round(done), of);
    },
  };
  await successByLength(check);
  const { train, test } = await hardSet(check);
  await oracles(check, train, test);
  for (const frozen of [false, true]) await teacher(check, train, frozen);
  const promotions: Promotions[] = [];
  for (let i = 0; i < designLoops; i++) promotions.push(await loop(check, train, i));
  await arms(check, train, test, promotions);
  return rows;
}

/** As if no loop ended before its last step. */
function allInnerRuns({ soar, evaluate, seeds }: Omit<DesignCheck, 'onRow'>): number {
  const students = seeds * armNames.reduce((sum, arm) => sum + armWork(arm, soar, evaluate), 0);
  return Math.round(
    oracleSeeds * Object.keys(oracleSets).length + (2 + designLoops) * soar.outerSteps * studiesOf(soar) + students,
  );
}

const studiesOf = ({ datasets, repeats }: SoarSettings): number => datasets * repeats;

/** Of one student's training, in inner runs. */
const armWork = (arm: ArmName, { inner }: SoarSettings, { training }: EvaluateSettings): number =>
  ((arm === 'hard-only-x4' ? 4 : 1) * training.steps) / inner.steps;

async function successByLength({ base, domain, soar, seed, onRow }: DesignCheck): Promise<void> {
  for (const length of lengths) {
    const problems = oraclePrograms(length, 40, `${seed}/length-${length}`);
    onRow({
      part: 'success by length',
      what: String(length),
      values: [await accuracy(base, domain, soar, problems, 64, seed)],
    });
  }
}

async function hardSet({ base, domain, world, soar, onRow }: DesignCheck) {
  const candidates = hardCandidates(world);
  const { temperature, maxNewTokens } = soar.student.sampling;
  const name = `world/${world.seed}`;
  const options = { attempts: world.attempts, temperature, maxNewTokens, seed: `${name}/screen` };
  const successes = await screen(base, domain, candidates, options);
  const never = successes.filter((count) => count === 0).length;
  onRow({
    part: 'hard set',
    what: `0 of ${world.attempts}, share of ${candidates.length} candidates`,
    values: [never / candidates.length],
  });
  return hardSplit(candidates, successes, world, name);
}

async function oracles(check: Check, train: readonly Problem[], test: readonly Problem[]): Promise<void> {
  const { base, domain, soar, seed, onRow, did } = check;
  for (const [what, dataset] of Object.entries(oracleSets)) {
    const values = await Promise.all(
      Array.from({ length: oracleSeeds }, async (_, i) => {
        const name = `${seed}/oracle/${what}/${i}`;
        const steps = innerSteps(soar.inner, 0);
        const run = {
          baseline: base,
          domain,
          dataset: dataset(name, train),
          steps,
          settings: soar.student,
          seed: name,
        };
        const { student } = await innerRun(run);
        const found = await accuracy(student, domain, soar, test, 8, name);
        await student.release();
        did(1);
        return found;
      }),
    );
    onRow({ part: 'oracle', what, values });
  }
}

/** X_{k*} of each promotion of one loop. */
type Promotions = readonly (readonly Problem[])[];

/** Promotion switched off, so that a learning teacher and a frozen one have as many steps as a run may take, against the same baseline. */
async function teacher(check: Check, hardTrain: readonly Problem[], frozen: boolean): Promise<void> {
  const { soar, seed, onRow } = check;
  const schedule = frozen ? { ...soar.teacher.schedule, learningRate: 0 } : soar.teacher.schedule;
  const settings = {
    ...soar,
    teacher: { ...soar.teacher, schedule },
    promotion: { ...soar.promotion, enabled: false },
  };
  const outcomes = await outerSteps({ ...check, soar: settings }, hardTrain, `${seed}/teacher`);
  const name = frozen ? 'frozen' : 'learning';
  const [first, middle, last] = thirds(outcomes).map(kindsOf) as [Kinds, Kinds, Kinds];
  const row = (what: string, values: readonly number[]) => onRow({ part: 'teacher', what: `${name}: ${what}`, values });
  row(
    'step rewards',
    outcomes.map(({ stepMean }) => stepMean),
  );
  row('share of programs of 3 to 5 operations, by thirds', [first, middle, last].map(middleShare));
  row('questions that changed their kind', [totalVariation(first, last)]);
}

/** SOAR, to its end. */
async function loop(check: Check, hardTrain: readonly Problem[], i: number): Promise<Promotions> {
  const outcomes = await outerSteps(check, hardTrain, `${check.seed}/loop-${i}`);
  check.onRow({ part: 'loop', what: `${i + 1}: step rewards`, values: outcomes.map(({ stepMean }) => stepMean) });
  return outcomes.flatMap(({ promotion }) => (promotion ? [promotion.questions] : []));
}

async function outerSteps(
  { base, domain, soar, did }: Check,
  hardTrain: readonly Problem[],
  seed: string,
): Promise<OuterStepOutcome[]> {
  const [teacher, baseline] = [await base.fork(), await base.fork()];
  const accuracies = new Map<string, number>();
  const outcomes: OuterStepOutcome[] = [];
  let state = initialState();
  while (state.finished === null) {
    const at = { teacher, baseline, reference: base, domain, hardTrain, settings: soar, seed };
    const outcome = await outerStep(at, state, transientMemory(accuracies));
    if (outcome.promotion) accuracies.clear();
    outcomes.push(outcome);
    state = outcome.state;
    did(studiesOf(soar));
  }
  did((soar.outerSteps - outcomes.length) * studiesOf(soar));
  await Promise.all([teacher.release(), baseline.release()]);
  return outcomes;
}

type Kinds = Readonly<Record<string, number>>;

/** Share of the proposals of each kind. */
function kindsOf(outcomes: readonly OuterStepOutcome[]): Kinds {
  const counts: Record<string, number> = {};
  for (const { kinds } of outcomes) {
    for (const [kind, count] of Object.entries(kinds)) counts[kind] = (counts[kind] ?? 0) + count;
  }
  const all = Object.values(counts).reduce((a, b) => a + b, 0);
  return Object.fromEntries(Object.entries(counts).map(([kind, count]) => [kind, count / all]));
}

const middleShare = (kinds: Kinds): number =>
  middleLengths.reduce((sum, length) => sum + (kinds[`program-${length}`] ?? 0), 0);

/**
 * Outer steps that are seen together, since one step's rewards and kinds of questions differ by chance alone; the second takes what the
 * division leaves and is empty below three steps. Pure.
 */
export function thirds<T>(steps: readonly T[]): readonly [readonly T[], readonly T[], readonly T[]] {
  const size = Math.max(1, Math.floor(steps.length / 3));
  return [steps.slice(0, size), steps.slice(size, -size), steps.slice(-size)];
}

/** Half the sum of differences: the share of questions that would have to change their kind. Pure. */
export function totalVariation(first: Kinds, last: Kinds): number {
  const kinds = new Set([...Object.keys(first), ...Object.keys(last)]);
  return [...kinds].reduce((sum, kind) => sum + Math.abs((first[kind] ?? 0) - (last[kind] ?? 0)), 0) / 2;
}

const armNames = ['hard-only', 'hard-only-x4', 'base-t', 'pq'] satisfies ArmName[];

async function arms(
  check: Check,
  hardTrain: readonly Problem[],
  hardTest: readonly Problem[],
  loops: readonly Promotions[],
): Promise<void> {
  const { base, domain, soar, evaluate, seed, seeds, onRow, did } = check;
  const ofSeed = (i: number) => loops[i % loops.length] as Promotions;
  const evaluation = (promotions: Promotions) => ({
    policies: { base: () => base.fork(), promoted: () => base.fork() },
    reference: base,
    domain,
    hardTrain,
    hardTest,
    promotions,
    soar,
    settings: {
      ...evaluate,
      // As many as were promoted, of one dataset at least.
      questions: { ...evaluate.questions, sampled: Math.max(soar.datasetSize, promotions.flat().length) },
    },
    seed,
  });
  for (const arm of armNames) {
    const values = await Promise.all(
      Array.from({ length: seeds }, async (_, i) => {
        // A loop that promoted nothing has no questions that could lift a student.
        const useless = arm === 'pq' && ofSeed(i).length === 0;
        const unit = useless ? undefined : await runArmUnit(evaluation(ofSeed(i)), arm, i);
        did(armWork(arm, soar, evaluate));
        if (!unit) return 0;
        const { successes, samples } = unit;
        return passAtKOverProblems(successes, samples, 1).mean;
      }),
    );
    onRow({ part: 'arm', what: `${arm}, pass@1`, values });
  }
}

async function accuracy(
  policy: Policy,
  domain: Domain,
  soar: SoarSettings,
  problems: readonly Problem[],
  samples: number,
  seed: string,
): Promise<number> {
  const found = await accuracyByQuestion(policy, problems, {
    domain,
    decoding: 'sampled',
    sampling: soar.student.sampling,
    samplesPerQuestion: samples,
    seed,
  });
  return meanAndDeviation(found).mean;
}
