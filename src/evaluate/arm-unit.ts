/** One unit of an evaluation: one arm with one seed, from the policy it starts with to the counts of its correct answers. */
import { type RlooStepMetrics, rlooTrain } from '../method/index.js';
import type { ArmResult, TrainingCurve } from './arm-result.js';
import type { FreshTraining } from './arms/arm.js';
import { arms } from './arms/index.js';
import type { Evaluation } from './evaluation.js';
import { answerHeldOut, type HeldOutAnswers } from './held-out.js';
import { plateauStep } from './plateau.js';
import { type ArmName, testSampling } from './settings.js';

export interface ArmProgress {
  readonly arm: ArmName;
  readonly seed: number;
  /** RLOO steps done, and their number; both 0 for an arm that trains nothing. */
  readonly step: number;
  readonly steps: number;
  /** Of this step: completion tokens sampled and trained, mean shaped reward, share of completions that were correct. */
  readonly tokensSampled: number;
  readonly tokensTrained: number;
  readonly reward: number;
  readonly correct: number;
}

/**
 * Deterministic by the evaluation's seed, the arm and the seed. `promoted`: the promotion whose student arm `ps` shows.
 * @throws whatever the method or the engine throws; the unit's policies are released.
 */
export async function runArmUnit(
  evaluation: Evaluation,
  arm: ArmName,
  seed: number,
  promoted?: number,
): Promise<ArmResult> {
  const name = `${evaluation.seed}/evaluate/${arm}-${seed}`;
  const prepared = await arms[arm].prepare({ evaluation, name, ...(promoted !== undefined && { promoted }) });
  const { policy } = prepared;
  const cost = { ...prepared.cost };
  const looked: (HeldOutAnswers & { readonly step: number })[] = [];
  const examine = async (samplesPerProblem: number, stream: string): Promise<HeldOutAnswers> => {
    const answers = await answerHeldOut(policy, {
      domain: evaluation.domain,
      problems: evaluation.hardTest,
      sampling: testSampling(evaluation.soar.student, evaluation.settings),
      samplesPerProblem,
      seed: `${name}/${stream}`,
    });
    cost.tokensSampled += answers.tokens;
    cost.graded += answers.completions;
    return answers;
  };

  try {
    const training = prepared.training && (await train(prepared.training));
    const inPlateau = training ? plateauLooks(training.reward) : [];
    const last = inPlateau.at(-1);
    const test = last ?? (await examine(evaluation.settings.samplesPerProblem, 'test'));
    return {
      arm,
      seed,
      samples: evaluation.settings.samplesPerProblem,
      successes: test.successes,
      ...(inPlateau.length > 0 && { looks: inPlateau.map(({ successes }) => successes) }),
      answered: test.answered,
      questions: prepared.questions,
      ...(training && { training }),
      cost,
    };
  } finally {
    await policy.release();
  }

  async function train(training: FreshTraining): Promise<TrainingCurve> {
    const { batches, settings, steps = evaluation.settings.training.steps } = training;
    const { every, samplesPerProblem } = evaluation.settings.curve;
    const heldOut: { step: number; correct: number }[] = [];
    const look = async (step: number) => {
      if (every === 0 || step % every !== 0) return;
      heldOut.push({ step, correct: (await examine(samplesPerProblem, `look-${step}`)).correct });
    };
    const { checkpoint, plateau } = evaluation.settings.training;
    const lookForPlateau = async (step: number) => {
      if (checkpoint !== 'plateau' || step % plateau.every !== 0) return;
      looked.push({ step, ...(await examine(evaluation.settings.samplesPerProblem, `plateau-${step}`)) });
    };
    await look(0);
    const history = await rlooTrain({
      policy,
      domain: evaluation.domain,
      batches,
      steps,
      settings,
      seed: `${name}/training`,
      ...(evaluation.reference && { reference: evaluation.reference }),
      ...(evaluation.signal && { signal: evaluation.signal }),
      onStep: async (metrics) => {
        cost.tokensSampled += metrics.tokens;
        cost.tokensTrained += metrics.update.tokensTrained;
        cost.graded += metrics.completions;
        evaluation.progress?.working?.(progressOf(metrics, steps));
        await look(metrics.step + 1);
        await lookForPlateau(metrics.step + 1);
      },
      ...(checkpoint === 'plateau' && {
        ended: (done) => {
          const begin = plateauStep(
            done.map(({ reward }) => reward),
            plateau,
          );
          return begin !== undefined && done.length >= begin + plateau.averageSteps;
        },
      }),
    });
    const column = (value: (metrics: RlooStepMetrics) => number) => history.map(value);
    return {
      reward: column((metrics) => metrics.reward),
      correct: column((metrics) => metrics.correct),
      answered: column((metrics) => metrics.answered),
      heldOut,
    };
  }

  /** Those within the steps that follow the beginning of the plateau; none where there is no plateau. */
  function plateauLooks(rewards: readonly number[]): readonly HeldOutAnswers[] {
    const { checkpoint, plateau } = evaluation.settings.training;
    const begin = checkpoint === 'plateau' ? plateauStep(rewards, plateau) : undefined;
    if (begin === undefined) return [];
    return looked.filter(({ step }) => step > begin && step <= begin + plateau.averageSteps);
  }

  function progressOf(metrics: RlooStepMetrics, steps: number): ArmProgress {
    return {
      arm,
      seed,
      step: metrics.step + 1,
      steps,
      tokensSampled: metrics.tokens,
      tokensTrained: metrics.update.tokensTrained,
      reward: metrics.reward,
      correct: metrics.correct,
    };
  }
}
