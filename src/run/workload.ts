/** What a run will ask of its engine at most, for the prediction of memory. Pure. */
import { availableParallelism } from 'node:os';
import type { Workload } from '../engine/index.js';
import type { RunConfig } from './config/config.js';

type Asked = Pick<RunConfig, 'soar' | 'engine'>;

/** Tokens allowed for a prompt: the paper's student prompt with a long question. A longer one costs a little more than predicted. */
const promptTokens = 256;

/**
 * Two pieces of work per worker keep all of them busy; more under way at once would only lose more to a kill. A service is never
 * idle with all of them.
 */
export function studiesUnderWay({ soar, engine }: Asked): number {
  if (engine.kind === 'tinker') return soar.datasets * soar.repeats;
  const workers = engine.workers === 'auto' ? availableParallelism() : engine.workers;
  return Math.min(soar.datasets * soar.repeats, 2 * workers);
}

export function workloadOf(config: Asked): Workload {
  const { student, teacher, datasets, datasetSize, reward } = config.soar;
  const studies = studiesUnderWay(config);
  const sampled = [
    datasets * datasetSize,
    studies * student.promptsPerStep * student.groupSize,
    studies * reward.questions * reward.samplesPerQuestion,
  ];
  return {
    // The base, teacher, baseline, and the students under way.
    policies: 3 + studies,
    trained: 1 + studies,
    sequences: Math.max(...sampled),
    tokens: promptTokens + Math.max(student.sampling.maxNewTokens, teacher.sampling.maxNewTokens),
  };
}

/** Of a program that asks one policy and trains none. */
export function samplingWorkload({ soar, engine }: Asked): Workload {
  const tokens = promptTokens + soar.student.sampling.maxNewTokens;
  return { policies: 1, trained: 0, sequences: engine.kind === 'tinker' ? 0 : engine.slots, tokens };
}
