/** Inner runs as an outer step makes them: forks of one baseline, each trained by RLOO on a dataset of its own, all at once. */
import { innerRun } from '../dist/method/index.js';
import { oraclePrograms, programsDomain } from '../dist/problems/index.js';
import { resolveConfig } from '../dist/run/config/config.js';
import { randomModel, worldModel } from './models.mjs';

/** The student's settings of the main job, with completions of at most 40 tokens. */
const { student } = resolveConfig({ preset: 'programs', sets: ['soar.student.sampling.maxNewTokens=40'] }).soar;

/** Programs of three operations with their answers, for inner run `i`: the base model answers about a fifth of them rightly. */
const datasetOf = (i) => oraclePrograms(3, 16, `bench/${i}`);

/** Random weights write no answers: a completion is right when the code of its last character is even. */
const coinDomain = {
  ...programsDomain,
  async grade(answers) {
    return answers.map(({ completion }) => {
      const correct = completion.charCodeAt(completion.length - 1) % 2 === 0;
      return { answered: correct, correct, containsGold: correct };
    });
  },
};

/** What is run at each size. */
export const sizes = {
  world: { label: 'world’s model (148k)', folder: async () => worldModel, domain: programsDomain, judge: 'answer' },
  random: { label: '3.2M parameters', folder: randomModel, domain: coinDomain, judge: 'coin' },
};

/**
 * @param {{ engine: object, baseline: object, domain: object, runs: number, steps?: number, seed: string }} work
 * @returns seconds, completion tokens sampled, those trained on, those left out because their gradient is exactly zero
 */
export async function innerRuns({ baseline, domain, runs, steps = 10, seed }) {
  const cost = { sampled: 0, trained: 0, skipped: 0 };
  const onStep = ({ tokens, update }) => {
    cost.sampled += tokens;
    cost.trained += update.tokensTrained;
    cost.skipped += update.tokensSkipped;
  };
  const one = async (i) => {
    const run = { baseline, domain, dataset: datasetOf(i), steps, settings: student, seed: `${seed}/${i}`, onStep };
    await (await innerRun(run)).student.release();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: runs }, (_, i) => one(i)));
  return { seconds: (performance.now() - start) / 1000, ...cost };
}

/** The same work for a peer: one inner run. */
export function peerRequest(size, i, steps = 10) {
  const { optimizer, schedule, groupSize, sampling, shapedReward, promptsPerStep } = student;
  return {
    steps,
    dataset: datasetOf(i).map(({ question, gold }) => ({
      prompt: sizes[size].domain.studentPrompt(question),
      answer: gold,
    })),
    judge: sizes[size].judge,
    promptsPerStep,
    groupSize,
    maxNewTokens: sampling.maxNewTokens,
    rewards: shapedReward,
    optimizer: { ...optimizer, learningRate: schedule.learningRate },
  };
}
