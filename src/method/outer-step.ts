/**
 * One outer step of SOAR, in the paper's order (method.md 1.3): propose, study, reward, promote, teach.
 *
 * What the caller persists, and in which order:
 * 1. Before the first step: the weights of teacher and baseline (the same base model) and `initialState()`.
 * 2. During a step, through `StepMemory`: proposals with Q_R, then baseline accuracies, then each study with its student.
 * 3. After a step, as one snapshot: teacher (weights and optimizer), baseline (weights), and the outcome's state. A promotion's
 *    questions (the outcome's `promotion.questions`) belong to that snapshot too: they are D_best's next part.
 * 4. Then the step's memory may be dropped; the baseline's accuracies too, if the step promoted.
 * On entry teacher and baseline must hold what the snapshot of `state` holds. A step that throws leaves them undefined: restore
 * both and call again with the same state and memory; what was recorded is not redone, and the outcome is the same to the byte.
 *
 * Must not: read files, print, look at a clock. Trusts: memory to give back what it was given.
 */
import type { Policy, PolicyState } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import { innerSteps } from './inner-run.js';
import type { ProposalRecord, StepMemory, StudyRecord } from './memory.js';
import { checkPromotion, chooseStudent } from './promotion.js';
import { partition, proposedProblems, sampleProposals } from './proposal.js';
import { baselineAccuracy, type Examination } from './reward/accuracy.js';
import { datasetRewards, mean } from './reward/dataset-reward.js';
import { studyLearnability } from './reward/learnability.js';
import { drawRewardQuestions } from './reward/reward-questions.js';
import type { RlooStepMetrics } from './rloo-training.js';
import type { SoarSettings } from './settings.js';
import { nextState, type SoarState } from './state.js';
import { runStudy, sideBySide } from './study.js';
import { type TeacherUpdate, updateTeacher } from './teacher-update.js';

export interface Soar {
  /** pi_T, trained in place. */
  readonly teacher: Policy;
  /** pi_S: forked for every study, replaced at a promotion. */
  readonly baseline: Policy;
  /** The base model, frozen; needed when a KL coefficient is above 0. */
  readonly reference?: Policy;
  readonly domain: Domain;
  /** D_train, with 0 of k successes under the base model; the teacher never sees it. */
  readonly hardTrain: readonly Problem[];
  readonly settings: SoarSettings;
  /** Names every random stream. */
  readonly seed: string;
  /** Most studies at a time; it changes no result. Default: all. */
  readonly concurrentStudies?: number;
  readonly progress?: {
    readonly proposed?: (record: ProposalRecord) => void;
    /** One inner RLOO step of one study. */
    readonly studying?: (dataset: number, repeat: number, metrics: RlooStepMetrics) => void;
    readonly studied?: (record: StudyRecord) => void;
  };
  /** Ends the step early, between inner steps; finished studies stay recorded. */
  readonly signal?: AbortSignal;
}

export interface Promotion {
  /** k* and j*. */
  readonly dataset: number;
  readonly repeat: number;
  /** Of the promoted student on this step's reward questions. */
  readonly accuracy: number;
  readonly student: PolicyState;
  /** X_{k*}, the next part of the promotion questions. */
  readonly questions: readonly Problem[];
}

export interface OuterStepOutcome {
  /** From 0. */
  readonly step: number;
  readonly proposals: ProposalRecord;
  /** How many of the proposals are of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Share of the teacher's completions that were accepted. */
  readonly validRate: number;
  /** Of the baseline that the step started from, on Q_R. */
  readonly baselineAccuracy: number;
  /** [dataset][repeat] */
  readonly studies: readonly (readonly StudyRecord[])[];
  /** R_k, [dataset]; R_{k,j} is in the studies. */
  readonly datasetRewards: readonly number[];
  /** Rhat_t. */
  readonly stepMean: number;
  /** Rbar_t, as compared with tau. */
  readonly movingAverage: number;
  readonly promotion?: Promotion;
  readonly teacher: TeacherUpdate;
  /** Where the next step starts. */
  readonly state: SoarState;
}

export async function outerStep(soar: Soar, state: SoarState, memory: StepMemory): Promise<OuterStepOutcome> {
  const { settings, domain, hardTrain, teacher, baseline, reference } = soar;
  const seed = `${soar.seed}/outer-${state.step}`;

  // 1, 2: g*n proposals, cut into X_1..X_g; Q_R.
  const proposals = memory.proposals() ?? (await propose(soar, seed, memory));
  const rewardQuestions = questionsById(hardTrain, proposals.rewardQuestions);
  const datasets = partition(proposedProblems(proposals.proposals, `step-${state.step}`), settings.datasetSize);

  // 3: R_{k,j} = Acc(theta'_{k,j}, Q_R) - Acc(theta, Q_R).
  const accuracy = await baselineAccuracyOn(soar, rewardQuestions, seed, memory);
  const studies =
    settings.teacher.reward.kind === 'grounded'
      ? await studyAll(soar, state, datasets, rewardQuestions, accuracy, seed, memory)
      : await learnabilityOfAll(soar, datasets, seed, memory);

  // 4: R_k.
  const rewards = studies.map((repeats) => repeats.map((study) => study.reward));
  const { datasets: rewardOf, stepMean } = datasetRewards(rewards);

  // 5: the promotion check.
  const check = checkPromotion(state.window, stepMean, settings.promotion);
  const promoted = check.promote ? chooseStudent(rewards, rewardOf, settings.promotion.median) : undefined;
  const promotion = promoted && {
    ...promoted,
    accuracy: studies[promoted.dataset][promoted.repeat].accuracy,
    student: await memory.student(promoted.dataset, promoted.repeat),
    questions: datasets[promoted.dataset],
  };
  if (promotion) await baseline.load(promotion.student);

  // 6: the teacher's RLOO update, after the check, at every step.
  const teacherUpdate = await updateTeacher({
    teacher,
    domain,
    ...(reference && { reference }),
    form: settings.proposals.form,
    proposals: proposals.proposals,
    rewards: rewardOf,
    settings: settings.teacher,
    step: state.step,
    outerSteps: settings.outerSteps,
  });

  return {
    step: state.step,
    proposals,
    kinds: countKinds(proposals),
    validRate: validRate(proposals),
    baselineAccuracy: accuracy,
    studies,
    datasetRewards: rewardOf,
    stepMean,
    movingAverage: check.movingAverage,
    ...(promotion && { promotion }),
    teacher: teacherUpdate,
    state: nextState(state, check, promoted, promotion?.accuracy ?? accuracy, settings),
  };
}

async function propose(soar: Soar, seed: string, memory: StepMemory): Promise<ProposalRecord> {
  const { settings } = soar;
  const sampled = await sampleProposals({
    teacher: soar.teacher,
    domain: soar.domain,
    sampling: settings.teacher.sampling,
    count: settings.datasets * settings.datasetSize,
    answerTokens: settings.student.sampling.maxNewTokens,
    form: settings.proposals.form,
    capFactor: settings.proposals.capFactor,
    seed: `${seed}/proposals`,
    ...(soar.signal && { signal: soar.signal }),
  });
  const questions = drawRewardQuestions(soar.hardTrain, settings.reward, seed);
  const record = { ...sampled, rewardQuestions: questions.map((question) => question.id) };
  await memory.recordProposals(record);
  soar.progress?.proposed?.(record);
  return record;
}

async function baselineAccuracyOn(
  soar: Soar,
  questions: readonly Problem[],
  seed: string,
  memory: StepMemory,
): Promise<number> {
  const { samplesPerQuestion, baselineSamplesPerQuestion } = soar.settings.reward;
  const found = await baselineAccuracy(soar.baseline, questions, memory, {
    ...examination(soar, `${seed}/baseline`),
    samplesPerQuestion: baselineSamplesPerQuestion === 'same' ? samplesPerQuestion : baselineSamplesPerQuestion,
  });
  return mean(questions.map(({ id }) => found.get(id) as number));
}

/** Every student differs from the others by its dataset and its seed alone. [dataset][repeat] */
async function studyAll(
  soar: Soar,
  state: SoarState,
  datasets: readonly (readonly Problem[])[],
  rewardQuestions: readonly Problem[],
  accuracy: number,
  seed: string,
  memory: StepMemory,
): Promise<StudyRecord[][]> {
  const { settings, progress, signal } = soar;
  const reference = settings.student.kl.reference === 'baseline' ? soar.baseline : soar.reference;
  const tasks = datasets.flatMap((dataset, k) =>
    Array.from({ length: settings.repeats }, (_, j) => async () => {
      const name = `${seed}/study-${k}-${j}`;
      const record = await runStudy(
        {
          index: { dataset: k, repeat: j },
          baseline: soar.baseline,
          domain: soar.domain,
          dataset,
          steps: innerSteps(settings.inner, state.promotions.length),
          settings: settings.student,
          seed: name,
          ...(settings.inner.sharedBatches && { batchSeed: `${seed}/study-${k}` }),
          ...(reference && { reference }),
          onStep: (metrics) => progress?.studying?.(k, j, metrics),
          ...(signal && { signal }),
          rewardQuestions,
          examination: examination(soar, `${name}/accuracy`),
          baselineAccuracy: accuracy,
        },
        memory,
      );
      progress?.studied?.(record);
      return record;
    }),
  );
  return partition(await sideBySide(tasks, soar.concurrentStudies ?? tasks.length), settings.repeats);
}

/** The control without grounding: a dataset's reward is what the baseline's answers say of its questions. [dataset][0] */
async function learnabilityOfAll(
  { settings, progress, baseline: student, domain, concurrentStudies }: Soar,
  datasets: readonly (readonly Problem[])[],
  seed: string,
  memory: StepMemory,
): Promise<StudyRecord[][]> {
  const tasks = datasets.map((questions, dataset) => async () => {
    const of = { student, domain, settings: settings.teacher.reward, sampling: settings.student.sampling };
    const record = await studyLearnability({ ...of, dataset, questions, seed: `${seed}/study-${dataset}` }, memory);
    progress?.studied?.(record);
    return [record];
  });
  return sideBySide(tasks, concurrentStudies ?? tasks.length);
}

function examination(soar: Soar, seed: string): Examination {
  const { decoding, samplesPerQuestion } = soar.settings.reward;
  return { domain: soar.domain, decoding, samplesPerQuestion, sampling: soar.settings.student.sampling, seed };
}

/** @throws SoarError METHOD_UNKNOWN_QUESTION when memory names a question that is not among the hard ones. */
function questionsById(hardTrain: readonly Problem[], ids: readonly string[]): Problem[] {
  const byId = new Map(hardTrain.map((problem) => [problem.id, problem]));
  return ids.map((id) => {
    const problem = byId.get(id);
    if (problem) return problem;
    throw new SoarError('METHOD_UNKNOWN_QUESTION', `reward question ${id} is not among the hard training problems`, {
      remedy: 'resume with the hard problems that the run was started with',
    });
  });
}

/** How many of the accepted proposals are of each kind. */
export function countKinds(record: {
  readonly proposals: readonly { readonly kind: string }[];
}): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of record.proposals) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Share of the teacher's completions that were accepted. */
export function validRate({ rejected, sampled }: ProposalRecord): number {
  return 1 - Object.values(rejected).reduce((sum, count) => sum + count, 0) / sampled;
}
