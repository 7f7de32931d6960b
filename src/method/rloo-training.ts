/**
 * The one RLOO training loop, for inner runs and for evaluation's fresh students (method.md 1.5). A step: take its problems,
 * sample G completions of each, grade, shape rewards, leave-one-out advantages per problem, one update on the mean over
 * completions of the sum over tokens.
 *
 * Must not: know where the problems come from, or divide by a completion's length (Proposition 1 needs equal weights).
 * Trusts: the engine's objective as stated in `TrainingBatch`; the domain's grading.
 */
import type { Policy, UpdateMetrics } from '../engine/engine.js';
import { answerOf, type Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import { leaveOneOutAdvantages } from '../rl/advantages.js';
import { optimizerStep } from '../rl/optimizer.js';
import { learningRate } from '../rl/schedules.js';
import type { Batches } from './epoch-batches.js';
import { studentReward } from './reward/student-reward.js';
import { payKl, policyGradientBatch, rolloutsOf, withReference } from './rollouts.js';
import { samplingOptions } from './sampling.js';
import type { StudentSettings } from './settings.js';

export interface RlooTraining {
  /** Trained in place. */
  readonly policy: Policy;
  readonly domain: Domain;
  readonly batches: Batches<Problem>;
  /** Steps of the whole training; also the schedule's horizon where that is 'run'. */
  readonly steps: number;
  /** First step to make, when `policy` (optimizer included) was restored after so many steps. Default 0. */
  readonly firstStep?: number;
  readonly settings: StudentSettings;
  /** Names the random streams; step s samples from `<seed>/step-<s>`, so that a restored training repeats them. */
  readonly seed: string;
  /** Frozen; needed when settings.kl.coefficient > 0. */
  readonly reference?: Policy;
  /** Called after each step, and awaited. */
  readonly onStep?: (metrics: RlooStepMetrics) => void | Promise<void>;
  /** Asked after each step: whether the training ends before its last one. */
  readonly ended?: (history: readonly RlooStepMetrics[]) => boolean;
  /** Looked at before each step. */
  readonly signal?: AbortSignal;
}

export interface RlooStepMetrics {
  /** From 0. */
  readonly step: number;
  /** Mean shaped reward over the step's completions, before any KL. */
  readonly reward: number;
  /** Shares of the step's completions, in [0, 1]. */
  readonly correct: number;
  readonly answered: number;
  /** Stopped by the token limit. */
  readonly truncated: number;
  /** Share of problems whose completions did not all earn the same: the others teach nothing. */
  readonly informative: number;
  readonly completions: number;
  /** Completion tokens sampled. */
  readonly tokens: number;
  readonly learningRate: number;
  readonly update: UpdateMetrics;
}

/** @throws SoarError METHOD_REFERENCE_MISSING; whatever the engine throws. */
export async function rlooTrain(training: RlooTraining): Promise<RlooStepMetrics[]> {
  const history: RlooStepMetrics[] = [];
  for (let step = training.firstStep ?? 0; step < training.steps; step++) {
    training.signal?.throwIfAborted();
    const metrics = await rlooStep(training, step);
    history.push(metrics);
    await training.onStep?.(metrics);
    if (training.ended?.(history)) break;
  }
  return history;
}

async function rlooStep(training: RlooTraining, step: number): Promise<RlooStepMetrics> {
  const { policy, domain, settings } = training;
  const problems = training.batches(step);
  const prompts = problems.map((problem) => policy.tokenizer.encode(domain.studentPrompt(problem.question)));
  const groups = await policy.sample(
    prompts,
    samplingOptions(policy, domain, settings.sampling, settings.groupSize, `${training.seed}/step-${step}`),
  );

  const grades = await domain.grade(
    groups.flatMap((group, p) => group.map(({ tokens }) => answerOf(problems[p], policy.tokenizer.decode(tokens)))),
  );
  const rewards = grades.map((grade) => studentReward(grade, settings.shapedReward));

  const rollouts = await withReference(rolloutsOf(prompts, groups), settings.kl, training.reference);
  const advantages = byGroup(payKl(rewards, rollouts, settings.kl), settings.groupSize).flatMap((group) =>
    leaveOneOutAdvantages(group, settings.advantage),
  );
  const rate = learningRate(settings.schedule, step, training.steps);
  const update = await policy.update(
    policyGradientBatch(rollouts, advantages, settings.kl),
    optimizerStep(settings.optimizer, rate),
  );

  const completions = groups.flat();
  const share = (count: number) => count / completions.length;
  return {
    step,
    reward: share(rewards.reduce((sum, reward) => sum + reward, 0)),
    correct: share(grades.filter((grade) => grade.correct).length),
    answered: share(grades.filter((grade) => grade.answered).length),
    truncated: share(completions.filter((completion) => completion.stopReason === 'length').length),
    informative:
      byGroup(rewards, settings.groupSize).filter((group) => group.some((reward) => reward !== group[0])).length /
      problems.length,
    completions: completions.length,
    tokens: completions.reduce((sum, completion) => sum + completion.tokens.length, 0),
    learningRate: rate,
    update,
  };
}

function byGroup(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, g) => values.slice(g * size, (g + 1) * size));
}
