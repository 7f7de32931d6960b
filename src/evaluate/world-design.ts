/**
 * Does the built-in world, with a given base model, meet the conditions of an honest demonstration? Measured on development
 * seeds: what the base can do by length, what one inner run on oracle datasets does to the hard problems, whether Hard-Only stalls,
 * and what the teacher learns beside one that is frozen. Prints nothing; hands out rows.
 */
import type { Policy } from '../engine/engine.js';
import {
  accuracyByQuestion,
  initialState,
  innerRun,
  innerSteps,
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
}

export interface DesignRow {
  readonly part: 'success by length' | 'hard set' | 'oracle' | 'arm' | 'teacher';
  readonly what: string;
  /** Shares in [0, 1]; one per seed where there are several. */
  readonly values: readonly number[];
}

const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const oracleSeeds = 3;
const teacherSteps = 8;

export async function checkDesign(check: DesignCheck): Promise<void> {
  await successByLength(check);
  const { train, test } = await hardSet(check);
  await oracles(check, train, test);
  await arms(check, train, test);
  for (const frozen of [false, true]) await teachers(check, train, frozen);
}

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

async function oracles(check: DesignCheck, train: readonly Problem[], test: readonly Problem[]): Promise<void> {
  const { base, domain, soar, seed, onRow } = check;
  const programs = (length: number, count: number, s: string) => oraclePrograms(length, count, s);
  const datasets: Record<string, (s: string) => readonly Problem[]> = {
    '64 of length 3': (s) => programs(3, 64, s),
    '64 of length 4': (s) => programs(4, 64, s),
    '64 of length 5': (s) => programs(5, 64, s),
    '8 of length 3 among 64': (s) => [...programs(3, 8, s), ...irrelevantQuestions(56, s)],
    '1 of length 3 among 16': (s) => [...programs(3, 1, s), ...irrelevantQuestions(15, s)],
    '64 irrelevant': (s) => irrelevantQuestions(64, s),
    '64 of length 1 and 2': (s) => [...programs(1, 32, s), ...programs(2, 32, s)],
    'the hard problems': () => train,
  };
  for (const [what, dataset] of Object.entries(datasets)) {
    const values = await Promise.all(
      Array.from({ length: oracleSeeds }, async (_, i) => {
        const name = `${seed}/oracle/${what}/${i}`;
        const steps = innerSteps(soar.inner, 0);
        const run = { baseline: base, domain, dataset: dataset(name), steps, settings: soar.student, seed: name };
        const { student } = await innerRun(run);
        const found = await accuracy(student, domain, soar, test, 8, name);
        await student.release();
        return found;
      }),
    );
    onRow({ part: 'oracle', what, values });
  }
}

async function arms(check: DesignCheck, hardTrain: readonly Problem[], hardTest: readonly Problem[]): Promise<void> {
  const { base, domain, soar, evaluate, seed, seeds, onRow } = check;
  const evaluation = {
    policies: { base: () => base.fork(), promoted: () => base.fork() },
    reference: base,
    domain,
    hardTrain,
    hardTest,
    promotions: [],
    soar,
    settings: { ...evaluate, questions: { ...evaluate.questions, sampled: 2 * soar.datasetSize } },
    seed,
  };
  for (const arm of ['hard-only', 'hard-only-x4', 'base-t'] satisfies ArmName[]) {
    const results = await Promise.all(Array.from({ length: seeds }, (_, i) => runArmUnit(evaluation, arm, i)));
    const values = results.map(({ successes, samples }) => passAtKOverProblems(successes, samples, 1).mean);
    onRow({ part: 'arm', what: `${arm}, pass@1`, values });
  }
}

/** Mean reward of the datasets by outer step, promotion switched off. */
async function teachers(check: DesignCheck, hardTrain: readonly Problem[], frozen: boolean): Promise<void> {
  const { base, domain, soar, seed, onRow } = check;
  const schedule = frozen ? { ...soar.teacher.schedule, learningRate: 0 } : soar.teacher.schedule;
  const settings = {
    ...soar,
    teacher: { ...soar.teacher, schedule },
    promotion: { ...soar.promotion, enabled: false },
  };
  const teacher = await base.fork();
  const accuracies = new Map<string, number>();
  const values: number[] = [];
  let state = initialState();
  while (values.length < teacherSteps && state.finished === null) {
    const at = { teacher, baseline: base, reference: base, domain, hardTrain, settings, seed: `${seed}/teacher` };
    const outcome = await outerStep(at, state, transientMemory(accuracies));
    state = outcome.state;
    values.push(outcome.stepMean);
  }
  await teacher.release();
  onRow({ part: 'teacher', what: `${frozen ? 'frozen' : 'learning'}: step reward by outer step`, values });
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
