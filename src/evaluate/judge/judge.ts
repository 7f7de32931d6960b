/**
 * Annotations of many questions: each is asked once in a cache's life, several are under way at once, and nothing is begun once the
 * money is spent. What one question meets loses none of the others.
 */
import { createHash } from 'node:crypto';
import { SoarError } from '../../errors.js';
import { sideBySide } from '../../method/study.js';
import { type Annotation, type AskedQuestion, judgePrompt, readAnnotation } from './annotation.js';
import { chat } from './chat.js';
import type { JudgeSettings } from './settings.js';

export interface JudgeCache {
  get(key: string): Annotation | undefined;
  /** Durable when it resolves. */
  set(key: string, annotation: Annotation): Promise<void>;
}

export interface JudgedQuestion extends AskedQuestion {
  readonly annotation?: Annotation;
  /** Why there is none. */
  readonly failure?: { readonly code: string; readonly message: string };
}

export interface Judgement {
  /** In the order of the questions. */
  readonly judged: readonly JudgedQuestion[];
  /** Money spent on this call. */
  readonly cost: number;
  readonly requests: number;
}

/** @throws SoarError JUDGE_NEEDED without an endpoint */
export async function judgeAll(
  questions: readonly AskedQuestion[],
  settings: JudgeSettings,
  cache: JudgeCache,
  options: { readonly onProgress?: (done: number, of: number, cost: number) => void; readonly wait?: number } = {},
): Promise<Judgement> {
  if (settings.baseUrl === null) {
    throw new SoarError('JUDGE_NEEDED', 'there is no judge', {
      where: 'judge.baseUrl',
      remedy:
        'name an OpenAI-compatible or Anthropic-compatible endpoint: --set judge.baseUrl=http://localhost:8000/v1',
    });
  }
  const { maxCost, prices, attempts, concurrent } = settings;
  let [cost, requests, done] = [0, 0, 0];
  let unbilled = false;
  const ask = async (asked: AskedQuestion): Promise<Annotation> => {
    for (let attempt = 1; ; attempt++) {
      if (maxCost !== null && unbilled) {
        throw new SoarError('JUDGE_NO_USAGE', 'the endpoint does not say how many tokens it took, so no cap can hold', {
          where: 'judge.maxCost',
          remedy: 'leave the cap out, or take an endpoint that reports its usage',
        });
      }
      if (maxCost !== null && cost >= maxCost) {
        throw new SoarError('JUDGE_COST_CAP', `${cost.toFixed(2)} is spent and the cap is ${maxCost}`, {
          where: 'judge.maxCost',
          remedy: 'raise it and ask again: what is judged is kept',
        });
      }
      requests += 1;
      const answer = await chat(judgePrompt(asked), settings, options.wait);
      const { input, output } = answer.tokens ?? { input: 0, output: 0 };
      unbilled ||= answer.tokens === undefined;
      cost += (input * prices.input + output * prices.output) / 1e6;
      try {
        return readAnnotation(answer.text);
      } catch (error) {
        if (attempt >= attempts) throw error;
      }
    }
  };
  const tasks = questions.map((asked) => async (): Promise<JudgedQuestion> => {
    const key = keyOf(asked, settings);
    try {
      const known = cache.get(key);
      const annotation = known ?? (await ask(asked));
      if (!known) await cache.set(key, annotation);
      return { ...asked, annotation };
    } catch (error) {
      if (!(error instanceof SoarError)) throw error;
      return { ...asked, failure: { code: error.code, message: error.message } };
    } finally {
      done += 1;
      options.onProgress?.(done, questions.length, cost);
    }
  });
  return { judged: await sideBySide(tasks, concurrent), cost, requests };
}

/** Another model or another wording of the prompt judges anew. */
const keyOf = (asked: AskedQuestion, { model }: JudgeSettings) =>
  createHash('sha256')
    .update(JSON.stringify([model, judgePrompt(asked)]))
    .digest('hex');
