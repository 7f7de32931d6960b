/** The first event of a run: what is ahead of it. Pure. */
import { innerSteps } from '../method/index.js';
import type { RunConfig } from './config/config.js';
import { stateOf } from './entries.js';
import type { RunEvent } from './events.js';
import type { OpenRun } from './open-run.js';

export function startedEvent({ paths, config, history }: OpenRun, resumed: boolean): RunEvent {
  const { step } = stateOf(history);
  return {
    event: 'started',
    name: paths.name,
    folder: paths.folder,
    resumed,
    preset: config.preset,
    seed: config.seed,
    outerSteps: config.soar.outerSteps,
    step,
    arms: config.evaluate.arms,
    evaluations: config.evaluate.arms.length * config.evaluate.seeds,
    evaluated: history.evaluations.size,
    completions: plannedCompletions(config, history.hardSet?.test.length ?? 0),
  };
}

/** Completions that an outer step and an evaluation unit sample, rejected proposals aside. */
export function plannedCompletions(
  { soar, evaluate }: RunConfig,
  heldOut: number,
): { outerStep: number; evaluation: number } {
  const { student, reward, inner } = soar;
  const perStudy =
    innerSteps(inner, 0) * student.promptsPerStep * student.groupSize + reward.questions * reward.samplesPerQuestion;
  const { steps, promptsPerStep, groupSize } = evaluate.training;
  return {
    outerStep: soar.datasets * (soar.datasetSize + soar.repeats * perStudy),
    evaluation:
      steps * (promptsPerStep ?? student.promptsPerStep) * (groupSize ?? student.groupSize) +
      heldOut * evaluate.samplesPerProblem,
  };
}
