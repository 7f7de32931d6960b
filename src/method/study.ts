/**
 * One study: an inner run on dataset k by repeat j, its examination on the reward questions, and its record. A study that is
 * in memory is not run again.
 */

import type { Problem } from '../problems/problem.js';
import { costOfTraining, sumCosts } from './cost.js';
import { type InnerRun, innerRun } from './inner-run.js';
import type { StepMemory, StudyRecord } from './memory.js';
import { type Examination, examine } from './reward/accuracy.js';
import { mean } from './reward/dataset-reward.js';

export interface Study extends InnerRun {
  /** k and j, from 0. */
  readonly index: { readonly dataset: number; readonly repeat: number };
  readonly rewardQuestions: readonly Problem[];
  readonly examination: Examination;
  /** Accuracy of the baseline on the reward questions. */
  readonly baselineAccuracy: number;
}

export async function runStudy(study: Study, memory: StepMemory): Promise<StudyRecord> {
  const { index, rewardQuestions, examination, baselineAccuracy, ...run } = study;
  const done = memory.study(index.dataset, index.repeat);
  if (done) return done;
  const { student, steps } = await innerRun(run);
  try {
    const examined = await examine(student, rewardQuestions, examination);
    const accuracy = mean(examined.accuracy);
    const record: StudyRecord = {
      ...index,
      accuracy,
      reward: accuracy - baselineAccuracy,
      steps: steps.map(({ reward, correct, tokens }) => ({ reward, correct, tokens })),
      cost: sumCosts([costOfTraining(steps), examined.cost]),
    };
    await memory.recordStudy(record, await student.save({ optimizer: false }));
    return record;
  } finally {
    await student.release();
  }
}

/**
 * Runs the tasks side by side, at most `limit` at a time, started in order. When some fail the others still finish (so
 * that what they did is recorded), and then the first failure in the order of the tasks is thrown.
 */
export async function sideBySide<T>(tasks: readonly (() => Promise<T>)[], limit: number): Promise<T[]> {
  const settled: PromiseSettledResult<T>[] = [];
  let next = 0;
  const lane = async () => {
    while (next < tasks.length) {
      const i = next++;
      [settled[i]] = await Promise.allSettled([tasks[i]()]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, tasks.length) }, lane));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
