/**
 * The fail@k screen (method.md 3): which problems a policy does not solve in k attempts. `screen` and `attempt` sample through the
 * seam; `hardSplit` decides, pure.
 */
import type { Policy } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import { randomStream } from '../rl/random.js';
import { type AnswerOptions, answerProblems, type JudgedAnswer } from './answers.js';
import type { Domain } from './domain.js';
import type { Problem } from './problem.js';

export interface AttemptOptions extends Omit<AnswerOptions, 'samples' | 'seed'> {
  /** k of fail@k. */
  readonly attempts: number;
  /** Asks no more once a problem is solved: attempts are made in rounds of growing size. */
  readonly stopAtFirstSuccess?: boolean;
}

export interface ScreeningOptions extends AttemptOptions {
  readonly seed: string;
  /** Problems screened so far. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Ends the screening early, between batches of problems, by its reason. */
  readonly signal?: AbortSignal;
}

/** What became of a problem. */
export interface ScreenedProblem {
  readonly attempts: number;
  readonly successes: number;
  /** The first attempt that succeeded, from 1; null when none did. */
  readonly first: number | null;
  /** Completion tokens sampled. */
  readonly tokens: number;
}

/** Problems sampled in one request. */
const screeningBatch = 16;

/** Attempts made when the first round, the second, ... is over: where the audit looks. */
const rounds = [8, 32, 128];

/** Successes of `attempts` per problem, in order. A problem's result depends on the seed and its place alone. */
export async function screen(
  policy: Policy,
  domain: Domain,
  problems: readonly Problem[],
  options: ScreeningOptions,
): Promise<number[]> {
  const { seed, onProgress, signal } = options;
  const batches: Problem[][] = [];
  for (let from = 0; from < problems.length; from += screeningBatch) {
    batches.push(problems.slice(from, from + screeningBatch));
  }
  let done = 0;
  const results = await Promise.all(
    batches.map(async (batch, i) => {
      signal?.throwIfAborted();
      const screened = await attempt(policy, domain, batch, `${seed}/batch-${i}`, options);
      signal?.throwIfAborted();
      done += batch.length;
      onProgress?.(done, problems.length);
      return screened.map(({ successes }) => successes);
    }),
  );
  return results.flat();
}

/** One batch of problems, in order. `seed` names its random streams. */
export async function attempt(
  policy: Policy,
  domain: Domain,
  problems: readonly Problem[],
  seed: string,
  options: AttemptOptions,
): Promise<ScreenedProblem[]> {
  const { attempts, stopAtFirstSuccess = false } = options;
  const ends = stopAtFirstSuccess ? [...rounds.filter((end) => end < attempts), attempts] : [attempts];
  const screened: ScreenedProblem[] = problems.map(() => ({ attempts: 0, successes: 0, first: null, tokens: 0 }));
  for (const [r, end] of ends.entries()) {
    const open = problems.flatMap((problem, p) => (screened[p]?.first === null ? [{ problem, p }] : []));
    if (open.length === 0) break;
    const before = ends[r - 1] ?? 0;
    const asked = open.map(({ problem }) => problem);
    const name = r === 0 ? seed : `${seed}/round-${r}`;
    const found = await answerProblems(policy, domain, asked, { ...options, samples: end - before, seed: name });
    for (const [i, { p }] of open.entries()) {
      const answers = found[i] as JudgedAnswer[];
      const correct = answers.map(({ grade }) => grade.correct);
      const { successes, tokens: tokensBefore } = screened[p] as ScreenedProblem;
      const first = correct.indexOf(true);
      screened[p] = {
        attempts: end,
        successes: successes + correct.filter(Boolean).length,
        first: first < 0 ? null : before + first + 1,
        tokens: answers.reduce((sum, { tokens }) => sum + tokens, tokensBefore),
      };
    }
  }
  return screened;
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
