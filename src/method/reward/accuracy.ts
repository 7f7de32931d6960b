/**
 * Acc(theta, Q): the share of questions answered correctly, by correctness alone and not by the shaped reward
 * (method.md 1.5). Greedy, or the mean over several samples.
 */
import type { Policy } from '../../engine/engine.js';
import { answerOf, type Domain } from '../../problems/domain.js';
import type { Problem } from '../../problems/problem.js';
import { type Cost, costOfAnswers, noCost } from '../cost.js';
import type { StepMemory } from '../memory.js';
import { greedyOptions, samplingOptions } from '../sampling.js';
import type { RewardSettings, SamplingSettings } from '../settings.js';
import { mean } from './dataset-reward.js';

export interface Examination {
  readonly domain: Domain;
  readonly decoding: RewardSettings['decoding'];
  /** Answers per question; 1 when greedy. */
  readonly samplesPerQuestion: number;
  readonly sampling: SamplingSettings;
  /** Names the random streams when sampled. */
  readonly seed: string;
}

/** [question], each the share of its answers that are correct. */
export async function accuracyByQuestion(
  policy: Policy,
  questions: readonly Problem[],
  examination: Examination,
): Promise<number[]> {
  return (await examine(policy, questions, examination)).accuracy;
}

/** `accuracyByQuestion`, and what it took. */
export async function examine(
  policy: Policy,
  questions: readonly Problem[],
  examination: Examination,
): Promise<{ readonly accuracy: number[]; readonly cost: Cost }> {
  const { domain, samplesPerQuestion, sampling, seed } = examination;
  if (questions.length === 0) return { accuracy: [], cost: noCost };
  const answers = await policy.sample(
    questions.map((problem) => policy.tokenizer.encode(domain.studentPrompt(problem.question))),
    examination.decoding === 'greedy'
      ? greedyOptions(policy, domain, sampling)
      : samplingOptions(policy, domain, sampling, samplesPerQuestion, seed),
  );
  const grades = await domain.grade(
    answers.flatMap((group, q) => group.map(({ tokens }) => answerOf(questions[q], policy.tokenizer.decode(tokens)))),
  );
  let next = 0;
  const accuracy = answers.map((group) => mean(group.map(() => (grades[next++].correct ? 1 : 0))));
  return { accuracy, cost: costOfAnswers(answers) };
}

/**
 * The baseline's accuracy on each of the questions, from memory where it was measured before; the rest is measured now
 * and recorded. The measurement stays for the baseline's life, so that all steps compare with the same number.
 */
export async function baselineAccuracy(
  baseline: Policy,
  questions: readonly Problem[],
  memory: Pick<StepMemory, 'baselineAccuracy' | 'recordBaselineAccuracy'>,
  examination: Examination,
): Promise<ReadonlyMap<string, number>> {
  const known = memory.baselineAccuracy();
  const missing = [...new Map(questions.map((question) => [question.id, question])).values()].filter(
    ({ id }) => !known.has(id),
  );
  const measured = await examine(baseline, missing, examination);
  const found = new Map(missing.map((question, i) => [question.id, measured.accuracy[i]]));
  if (found.size > 0) await memory.recordBaselineAccuracy(found, measured.cost);
  return new Map(questions.map(({ id }) => [id, (found.get(id) ?? known.get(id)) as number]));
}
