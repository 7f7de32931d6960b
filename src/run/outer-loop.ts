/**
 * The outer loop: step after step from where the history ends, each closed by one journal line after everything it led to
 * is on the disk.
 */
import type { Policy } from '../engine/engine.js';
import { countKinds, innerSteps, type OuterStepOutcome, outerStep, validRate } from '../method/index.js';
import type { Problem } from '../problems/problem.js';
import { type OuterStepEntry, promotionsOf, stateOf } from './entries.js';
import { combineCosts } from './ledger.js';
import { billOf, clearUnfinished, type OpenRun, promotionName, teacherName } from './open-run.js';
import {
  type PolicySnapshot,
  promotedSnapshot,
  readPolicySnapshot,
  teacherSnapshot,
  writePolicySnapshot,
} from './policy-snapshot.js';
import { openStepMemory } from './step-memory.js';

/** Makes the outer steps that are left; the history then holds them all. */
export async function outerLoop(run: OpenRun, hardTrain: readonly Problem[]): Promise<void> {
  if (stateOf(run.history).finished !== null) return;
  const { ledger } = run.bench;
  const teacher = ledger.as('teacher', await openTeacher(run));
  const baseline = ledger.as('student', await openPromoted(run, promotionsOf(run.history).length - 1));
  try {
    while (stateOf(run.history).finished === null) {
      run.signal.throwIfAborted();
      await makeStep(run, teacher, baseline, hardTrain);
    }
  } finally {
    await teacher.release();
    await baseline.release();
  }
}

/** What a policy of a run is opened from. */
type PolicyPlace = Pick<OpenRun, 'bench' | 'history' | 'snapshots'>;

/** The teacher as the last closed step left it, optimizer included; the caller's to release. */
export const openTeacher = (run: PolicyPlace): Promise<Policy> => forkWith(run, teacherSnapshot(run.history));

/** The student of promotion `index`, or the base model for -1; the caller's to release. */
export const openPromoted = (run: PolicyPlace, index: number): Promise<Policy> =>
  forkWith(run, promotedSnapshot(run.history, index));

async function forkWith(run: PolicyPlace, snapshot: PolicySnapshot | undefined): Promise<Policy> {
  const policy = await run.bench.base.fork();
  if (snapshot !== undefined) await policy.load(await readPolicySnapshot(run.snapshots, snapshot));
  return policy;
}

async function makeStep(run: OpenRun, teacher: Policy, baseline: Policy, hardTrain: readonly Problem[]): Promise<void> {
  const { config, bench, history, emit, signal } = run;
  const state = stateOf(history);
  const { step } = state;
  const memory = await openStepMemory({ ...run, studentsFolder: run.paths.students });
  const studies = config.soar.datasets * config.soar.repeats;
  const innerTotal = studies * innerSteps(config.soar.inner, state.promotions.length);
  let studied = history.open.studies.size;
  let innerDone = (innerTotal / studies) * studied;
  const from = { seconds: run.seconds(), cost: bench.ledger.total() };
  const spend = run.meter(String(step));
  emit({ event: 'step-started', step, promotions: state.promotions.length, studies });

  const outcome = await outerStep(
    {
      teacher,
      baseline,
      reference: bench.base,
      domain: bench.domain,
      hardTrain,
      settings: config.soar,
      seed: String(config.seed),
      concurrentStudies: bench.plan.concurrentStudies,
      signal,
      progress: {
        proposed(record) {
          spend('proposals');
          emit({ event: 'proposed', step, validRate: validRate(record), kinds: countKinds(record) });
        },
        studying: () => {
          innerDone += 1;
          emit({ event: 'studying', step, done: innerDone, of: innerTotal });
        },
        studied: ({ dataset, repeat, reward }) => {
          studied += 1;
          emit({ event: 'studied', step, dataset, repeat, reward, done: studied, of: studies });
          if (studied === studies) spend('studies');
        },
      },
    },
    state,
    memory,
  );
  await closeStep(run, outcome, teacher);
  spend('teacher');
  emit({
    event: 'step',
    step,
    reward: outcome.stepMean,
    movingAverage: outcome.movingAverage,
    threshold: config.soar.promotion.threshold,
    best: Math.max(...outcome.datasetRewards),
    baselineAccuracy: outcome.baselineAccuracy,
    validRate: outcome.validRate,
    kinds: outcome.kinds,
    promotions: outcome.state.promotions.length,
    promoted: outcome.promotion !== undefined,
    finished: outcome.state.finished,
    seconds: run.seconds() - from.seconds,
    cost: combineCosts(bench.ledger.total(), from.cost, -1),
    ...billOf(run),
  });
}

/** Snapshots first, then the line that names them; what the step no longer needs goes last. */
async function closeStep(run: OpenRun, outcome: OuterStepOutcome, teacher: Policy): Promise<void> {
  const { step, promotion } = outcome;
  const { snapshots, history } = run;
  const name = promotionName(promotionsOf(history).length);
  const student = promotion && (await writePolicySnapshot(snapshots, name, promotion.student));
  const taught = await writePolicySnapshot(snapshots, teacherName(step), await teacher.save());
  await run.record(entryOf(outcome, taught, student));
  await clearUnfinished(run);
}

function entryOf(outcome: OuterStepOutcome, snapshot: string, student: string | undefined): OuterStepEntry {
  const { teacher, promotion } = outcome;
  const update = teacher.updates.at(-1);
  return {
    unit: 'outer-step',
    step: outcome.step,
    stepMean: outcome.stepMean,
    movingAverage: outcome.movingAverage,
    baselineAccuracy: outcome.baselineAccuracy,
    datasetRewards: outcome.datasetRewards,
    validRate: outcome.validRate,
    kinds: outcome.kinds,
    teacher: {
      skipped: teacher.skipped,
      rewardSpread: teacher.rewardSpread,
      learningRate: teacher.learningRate,
      gradNorm: finite(update?.gradNorm),
      entropy: finite(update?.entropy),
      tokensTrained: teacher.updates.reduce((sum, { tokensTrained }) => sum + tokensTrained, 0),
      snapshot,
    },
    ...(promotion &&
      student && {
        promotion: {
          dataset: promotion.dataset,
          repeat: promotion.repeat,
          accuracy: promotion.accuracy,
          questions: promotion.questions,
          student,
        },
      }),
    state: outcome.state,
  };
}

/** Metrics that do not exist are NaN, which JSON cannot hold. */
const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);
