/**
 * The fail@k screen (method.md 3): which problems a policy does not solve in k attempts. `screen` samples through the seam;
 * `hardSplit` decides, pure.
 */
import type { Policy } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import { randomStream } from '../rl/random.js';
import { answerOf, type Domain } from './domain.js';
import type { Problem } from './problem.js';

export interface ScreeningOptions {
  /** k of fail@k. */
  readonly attempts: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: string;
  /** Problems screened so far. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Ends the screening early, between batches of problems, by its reason. */
  readonly signal?: AbortSignal;
}

/** Problems sampled in one request. */
const batchSize = 16;

/** Successes of `attempts` per problem, in order. A problem's result depends on the seed and its place alone. */
export async function screen(
  policy: Policy,
  domain: Domain,
  problems: readonly Problem[],
  options: ScreeningOptions,
): Promise<number[]> {
  const { attempts, temperature, maxNewTokens, seed, onProgress, signal } = options;
  const batches: Problem[][] = [];
  for (let from = 0; from < problems.length; from += batchSize) batches.push(problems.slice(from, from + batchSize));
  let done = 0;
  const results = await Promise.all(
    batches.map(async (batch, i) => {
      signal?.throwIfAborted();
      const prompts = batch.map(({ question }) => policy.tokenizer.encode(domain.studentPrompt(question)));
      const completions = await policy.sample(prompts, {
        samplesPerPrompt: attempts,
        maxNewTokens,
        temperature,
        stopTokens: policy.tokenizer.endTokens,
        stopStrings: domain.stopStrings,
        seed: `${seed}/batch-${i}`,
      });
      signal?.throwIfAborted();
      const answers = completions.flatMap((group, p) =>
        group.map(({ tokens }) => answerOf(batch[p] as Problem, policy.tokenizer.decode(tokens))),
      );
      const grades = await domain.grade(answers);
      done += batch.length;
      onProgress?.(done, problems.length);
      return batch.map(
        (_, p) => grades.slice(p * attempts, (p + 1) * attempts).filter(({ correct }) => correct).length,
      );
    }),
  );
  return results.flat();
}

/**
 * Of the problems with no success, `train` and `test` many, in a seeded random order.
 * @throws SoarError PROBLEMS_TOO_FEW_HARD
 */
export function hardSplit(
  problems: readonly Problem[],
  successes: readonly number[],
  sizes: { readonly train: number; readonly test: number },
  seed: string,
): { train: Problem[]; test: Problem[] } {
  const hard = problems.filter((_, i) => successes[i] === 0);
  const { train, test } = sizes;
  if (hard.length < train + test) {
    throw new SoarError(
      'PROBLEMS_TOO_FEW_HARD',
      `${hard.length} of ${problems.length} problems have no success, ${train} + ${test} are needed`,
      { remedy: 'give more or harder candidates, or ask for a smaller hard set' },
    );
  }
  const shuffled = randomStream(`${seed}/split`).shuffle(hard);
  return { train: shuffled.slice(0, train), test: shuffled.slice(train, train + test) };
}
