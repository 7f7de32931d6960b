/**
 * The evaluation of a run: its arms, each with several seeds, side by side over the engine, remembered unit by unit.
 *
 * Trusts: the policies that the caller hands out to be fresh forks, which this room trains and releases; memory to give
 * back what it was given. Must not: read files, print, look at a clock.
 */
import type { Policy } from '../engine/engine.js';
import type { Cost, SoarSettings } from '../method/index.js';
import { sideBySide } from '../method/study.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import type { ArmResult } from './arm-result.js';
import { type ArmProgress, runArmUnit } from './arm-unit.js';
import { arms } from './arms/index.js';
import { bestPromotion } from './best-promotion.js';
import type { ArmName, EvaluateSettings } from './settings.js';

/** Each call gives a policy of its own, to train and to release. */
export interface PolicySource {
  base(): Promise<Policy>;
  /** The teacher as the run left it; absent when there is none. */
  teacher?(): Promise<Policy>;
  /** The student of promotion `index`, from 0. */
  promoted(index: number): Promise<Policy>;
}

export interface Evaluation {
  readonly policies: PolicySource;
  /** The base model, frozen and shared; needed when soar.student.kl.coefficient > 0. */
  readonly reference?: Policy;
  readonly domain: Domain;
  /** D_train and D_test, both with no success under the base model. */
  readonly hardTrain: readonly Problem[];
  readonly hardTest: readonly Problem[];
  /** X_{k*} of each promotion, in order; D_best is all of them. */
  readonly promotions: readonly (readonly Problem[])[];
  /** Problems with right answers that are not among the hard ones; for the bounds of arms real and real-all. */
  readonly realProblems?: readonly Problem[];
  readonly soar: SoarSettings;
  readonly settings: EvaluateSettings;
  /** Names every random stream. */
  readonly seed: string;
  /** Most units at a time; it changes no result. Default: all. */
  readonly concurrentUnits?: number;
  readonly progress?: {
    readonly working?: (progress: ArmProgress) => void;
    readonly finished?: (result: ArmResult) => void;
  };
  readonly signal?: AbortSignal;
}

/** What decides which arms can be run. */
export type EvaluationPlan = Pick<Evaluation, 'promotions' | 'policies' | 'settings' | 'realProblems'> & {
  readonly domain: Pick<Domain, 'assess'>;
};

/** What is already done. A `record…` call that has resolved is durable. */
export interface EvaluationMemory {
  result(arm: ArmName, seed: number): ArmResult | undefined;
  /** Called side by side for different units, in the order in which they finish. */
  recordResult(result: ArmResult): Promise<void>;
  /** Greedy accuracy of each promotion's student on D_train. */
  promotedAccuracies(): readonly number[] | undefined;
  recordPromotedAccuracies(accuracies: readonly number[], cost: Cost): Promise<void>;
}

export interface SkippedArm {
  readonly arm: ArmName;
  readonly reason: string;
}

export interface EvaluationOutcome {
  /** By arm in the order of the settings, then by seed. */
  readonly results: readonly ArmResult[];
  /** Arms that need what the run does not have, such as promotion questions when nothing was promoted. */
  readonly skipped: readonly SkippedArm[];
}

/** Arms and seeds that this evaluation will run, and the arms that it cannot. */
export function planEvaluation(evaluation: EvaluationPlan): {
  readonly units: readonly { readonly arm: ArmName; readonly seed: number }[];
  readonly skipped: readonly SkippedArm[];
} {
  const { settings } = evaluation;
  const skipped = settings.arms.flatMap((arm) => {
    const reason = arms[arm].missing(evaluation);
    return reason === undefined ? [] : [{ arm, reason }];
  });
  const runnable = settings.arms.filter((arm) => !skipped.some((one) => one.arm === arm));
  const units = runnable.flatMap((arm) => Array.from({ length: settings.seeds }, (_, seed) => ({ arm, seed })));
  return { units, skipped };
}

export async function evaluateArms(evaluation: Evaluation, memory: EvaluationMemory): Promise<EvaluationOutcome> {
  const { units, skipped } = planEvaluation(evaluation);
  const promoted = units.some(({ arm }) => arm === 'ps') ? await bestPromotion(evaluation, memory) : undefined;
  const tasks = units.map(({ arm, seed }) => async () => {
    const done = memory.result(arm, seed);
    if (done) return done;
    const result = await runArmUnit(evaluation, arm, seed, promoted);
    await memory.recordResult(result);
    evaluation.progress?.finished?.(result);
    return result;
  });
  return { results: await sideBySide(tasks, evaluation.concurrentUnits ?? tasks.length), skipped };
}
