/** A policy answers the held-out problems, several times each. It learns nothing from them. */
import type { Policy } from '../engine/engine.js';
import { type SamplingSettings, samplingOptions } from '../method/index.js';
import { answerOf, type Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';

export interface HeldOutExamination {
  readonly domain: Domain;
  readonly problems: readonly Problem[];
  readonly sampling: SamplingSettings;
  readonly samplesPerProblem: number;
  /** Names the random streams. */
  readonly seed: string;
}

export interface HeldOutAnswers {
  /** Correct completions, [problem]. */
  readonly successes: readonly number[];
  /** Shares of all completions. */
  readonly correct: number;
  readonly answered: number;
  readonly completions: number;
  readonly tokens: number;
}

export async function answerHeldOut(policy: Policy, examination: HeldOutExamination): Promise<HeldOutAnswers> {
  const { domain, problems, sampling, samplesPerProblem, seed } = examination;
  const groups = await policy.sample(
    problems.map((problem) => policy.tokenizer.encode(domain.studentPrompt(problem.question))),
    samplingOptions(policy, domain, sampling, samplesPerProblem, seed),
  );
  const grades = await domain.grade(
    groups.flatMap((group, p) => group.map(({ tokens }) => answerOf(problems[p], policy.tokenizer.decode(tokens)))),
  );
  const successes = problems.map(() => 0);
  grades.forEach(({ correct }, i) => {
    if (correct) successes[Math.floor(i / samplesPerProblem)] += 1;
  });
  return {
    successes,
    correct: successes.reduce((sum, count) => sum + count, 0) / grades.length,
    answered: grades.filter((grade) => grade.answered).length / grades.length,
    completions: grades.length,
    tokens: groups.flat().reduce((sum, { tokens }) => sum + tokens.length, 0),
  };
}
