/** One question to a chat endpoint, of either common form. Refusals that pass are waited out; the key is never part of a message. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SoarError } from '../../errors.js';
import type { JudgeSettings } from './settings.js';

export interface ChatAnswer {
  readonly text: string;
  /** Undefined when the endpoint does not say. */
  readonly tokens: { readonly input: number; readonly output: number } | undefined;
}

const count = z.number().min(0);
const forms = {
  openai: {
    path: '/chat/completions',
    headers: (key: string): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {}),
    answer: z
      .object({
        choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
        usage: z.object({ prompt_tokens: count, completion_tokens: count }).optional(),
      })
      .transform(
        ({ choices, usage }): ChatAnswer => ({
          text: choices[0]?.message.content ?? '',
          tokens: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
        }),
      ),
  },
  anthropic: {
    path: '/messages',
    headers: (key: string): Record<string, string> => ({
      'anthropic-version': '2023-06-01',
      ...(key && { 'x-api-key': key }),
    }),
    answer: z
      .object({
        content: z.array(z.object({ type: z.string(), text: z.string().default('') })),
        usage: z.object({ input_tokens: count, output_tokens: count }).optional(),
      })
      .transform(
        ({ content, usage }): ChatAnswer => ({
          text: content.map(({ text }) => text).join(''),
          tokens: usage && { input: usage.input_tokens, output: usage.output_tokens },
        }),
      ),
  },
};

/** Both forms ask alike. */
const bodyOf = ({ model, maxTokens }: JudgeSettings, prompt: string) => ({
  model,
  max_tokens: maxTokens,
  temperature: 0,
  messages: [{ role: 'user', content: prompt }],
});

/** Seconds before the second try; each further one waits twice as long. */
const patience = 1;

/** @throws SoarError JUDGE_REFUSED, JUDGE_UNREACHABLE, JUDGE_ENDPOINT after the last try */
export async function chat(prompt: string, settings: JudgeSettings, wait = patience): Promise<ChatAnswer> {
  const { api, baseUrl, keyVariable, attempts, timeout } = settings;
  const form = forms[api];
  const url = `${(baseUrl ?? '').replace(/\/$/, '')}${form.path}`;
  const key = process.env[keyVariable] ?? '';
  for (let attempt = 1; ; attempt++) {
    const last = attempt === attempts;
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...form.headers(key) },
        body: JSON.stringify(bodyOf(settings, prompt)),
        signal: AbortSignal.timeout(timeout * 1000),
      });
    } catch (cause) {
      if (last) throw failure('JUDGE_UNREACHABLE', `it cannot be reached (${reasonOf(cause)})`, url, cause);
      await sleep(wait * 1000 * 2 ** (attempt - 1));
      continue;
    }
    if (response.ok) return read(await response.text(), form.answer, url);
    const passing = [408, 409, 425, 429].includes(response.status) || response.status >= 500;
    const said = (await response.text()).slice(0, 200);
    if (!passing || last) throw failure('JUDGE_REFUSED', `it answered ${response.status}: ${said}`, url);
    const told = Number(response.headers.get('retry-after'));
    await sleep(told > 0 ? told * 1000 : wait * 1000 * 2 ** (attempt - 1));
  }
}

function read(text: string, schema: z.ZodType<ChatAnswer>, url: string): ChatAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw failure('JUDGE_ENDPOINT', `it answered something that is not JSON: ${text.slice(0, 80)}`, url, cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw failure('JUDGE_ENDPOINT', `its answer has another form (${issue?.path.join('.')}: ${issue?.message})`, url);
}

const reasonOf = (error: unknown) => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
};

function failure(code: string, what: string, where: string, cause?: unknown): SoarError {
  return new SoarError(code, `the judge's endpoint: ${what}`, {
    where,
    remedy: 'check judge.api, judge.baseUrl, judge.model and the key in the environment; verdicts so far are kept',
    kind: 'environment',
    ...(cause !== undefined && { cause }),
  });
}
