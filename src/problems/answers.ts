/** A policy answers problems, several times each, and its answers are judged. It learns nothing from them. */
import type { Policy, Tokens } from '../engine/engine.js';
import { answerOf, type Domain, type Grade } from './domain.js';
import type { Problem } from './problem.js';

export interface AnswerOptions {
  /** Completions per problem. */
  readonly samples: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly topP?: number;
  readonly topK?: number;
  /** How a problem is asked; default: the domain's student prompt in the policy's tokens. */
  readonly promptOf?: (problem: Problem) => Tokens;
  /** Names the random streams. */
  readonly seed: string;
}

export interface JudgedAnswer {
  readonly text: string;
  /** Of the completion. */
  readonly tokens: number;
  /** It stopped by itself rather than at its token limit. */
  readonly finished: boolean;
  readonly grade: Grade;
}

/** [problem][completion] */
export async function answerProblems(
  policy: Policy,
  domain: Domain,
  problems: readonly Problem[],
  options: AnswerOptions,
): Promise<JudgedAnswer[][]> {
  const { samples, temperature, maxNewTokens, topP, topK, seed } = options;
  const promptOf =
    options.promptOf ?? (({ question }: Problem) => policy.tokenizer.encode(domain.studentPrompt(question)));
  const completions = await policy.sample(problems.map(promptOf), {
    samplesPerPrompt: samples,
    maxNewTokens,
    temperature,
    ...(topP !== undefined && topP < 1 && { topP }),
    ...(topK !== undefined && topK > 0 && { topK }),
    stopTokens: policy.tokenizer.endTokens,
    stopStrings: domain.stopStrings,
    seed,
  });
  const texts = completions.map((group) => group.map(({ tokens }) => policy.tokenizer.decode(tokens)));
  const grades = await domain.grade(
    texts.flatMap((group, p) => group.map((text) => answerOf(problems[p] as Problem, text))),
  );
  return completions.map((group, p) =>
    group.map(({ tokens, stopReason }, c) => ({
      text: texts[p]?.[c] as string,
      tokens: tokens.length,
      finished: stopReason === 'stop',
      grade: grades[p * samples + c] as Grade,
    })),
  );
}
