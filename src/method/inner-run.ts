/** The inner loop (method.md 1.5): a fork of the baseline studies one dataset, and nothing else, by RLOO. */
import type { Policy } from '../engine/engine.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import { epochBatches } from './epoch-batches.js';
import { type RlooStepMetrics, rlooTrain } from './rloo-training.js';
import type { SoarSettings, StudentSettings } from './settings.js';

export interface InnerRun {
  /** Forked, not changed. */
  readonly baseline: Policy;
  readonly domain: Domain;
  /** X_k. */
  readonly dataset: readonly Problem[];
  readonly steps: number;
  readonly settings: StudentSettings;
  /** Differs by (step, dataset, repeat): repeats of a dataset differ by nothing else (method.md 7.15). */
  readonly seed: string;
  /** Names the shuffles of the batches, in place of `seed`. */
  readonly batchSeed?: string;
  readonly reference?: Policy;
  readonly onStep?: (metrics: RlooStepMetrics) => void;
  readonly signal?: AbortSignal;
}

/** RLOO steps at a promotion stage: 10, 15, 20, 20... by default. */
export function innerSteps(inner: SoarSettings['inner'], promotions: number): number {
  return Math.min(inner.maximumSteps, inner.steps + inner.stepsPerPromotion * promotions);
}

/** The student is the caller's to release. */
export async function innerRun(run: InnerRun): Promise<{ student: Policy; steps: RlooStepMetrics[] }> {
  const { baseline, dataset, settings, seed, batchSeed = seed, ...training } = run;
  const student = await baseline.fork();
  try {
    const batches = epochBatches(dataset, settings.promptsPerStep, `${batchSeed}/batches`);
    const steps = await rlooTrain({ ...training, policy: student, batches, settings, seed });
    return { student, steps };
  } catch (error) {
    await student.release();
    throw error;
  }
}
