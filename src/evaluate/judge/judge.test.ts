/** Against a local server that is scripted. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Annotation, judgePrompt, readAnnotation } from './annotation.js';
import { type JudgeCache, judgeAll } from './judge.js';
import { judgeSettingsSchema } from './settings.js';

interface Reply {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}
interface Asked {
  readonly url: string;
  readonly headers: Record<string, unknown>;
  readonly body: { model: string; messages: { content: string }[] };
}

let server: Server;
let root: string;
const asked: Asked[] = [];
/** Answers to the next requests; the last one stays. */
let replies: Reply[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      asked.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
      const { status = 200, body, headers = {} } = (replies.length > 1 ? replies.shift() : replies[0]) as Reply;
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
});

const said = (fields: object = {}) =>
  `<think>{"is_well_posed": false}</think>\n${JSON.stringify({ is_well_posed: true, is_correct: true, error_type: 'None', verified_answer: 4, ...fields })}`;
const openai = (text: string): Reply => ({
  body: { choices: [{ message: { content: text } }], usage: { prompt_tokens: 1000, completion_tokens: 100 } },
});
const right: Annotation = { wellPosed: true, correct: true, error: 'None', answer: '4' };
const questions = [1, 2, 3].map((i) => ({ question: `What is ${i} + ${i}?`, answer: `${2 * i}` }));
const settings = (changes: object = {}) => judgeSettingsSchema.parse({ baseUrl: root, attempts: 3, ...changes });
const cacheOf = (): JudgeCache & { readonly kept: Map<string, Annotation> } => {
  const kept = new Map<string, Annotation>();
  return { kept, get: (key) => kept.get(key), set: async (key, annotation) => void kept.set(key, annotation) };
};
const judged = async (of = questions, changes: object = {}, cache = cacheOf()) =>
  judgeAll(of, settings(changes), cache, { wait: 0.001 });

describe('reading an annotation', () => {
  it('takes the object after the reasoning', () => {
    expect(readAnnotation(said())).toEqual(right);
    const broken = { is_well_posed: false, is_correct: null, error_type: 'Ambiguous', verified_answer: 'N/A' };
    expect(readAnnotation(said(broken))).toEqual({
      wellPosed: false,
      correct: false,
      error: 'Ambiguous',
      answer: 'N/A',
    });
  });
  it.each([
    ['nothing', 'I would say it is fine.', /no JSON object/],
    ['half an object', '{"is_well_posed": tr}', /JSON/],
    ['a word for a truth', said({ is_well_posed: 'yes' }), /is_well_posed/],
    ['an error of its own', said({ error_type: 'Boring' }), /error_type/],
    ['a contradiction', said({ is_correct: false }), /is_correct is false and error_type is None/],
  ])('refuses %s', (_, text, message) => expect(() => readAnnotation(text)).toThrow(message));
});

describe('judging over a chat endpoint', () => {
  it('asks an OpenAI-compatible one, with the key from the environment', async () => {
    process.env.JUDGE_TEST_KEY = 'secret';
    replies = [openai(said())];
    const found = await judged(questions, {
      keyVariable: 'JUDGE_TEST_KEY',
      model: 'm',
      prices: { input: 3, output: 15 },
    });
    expect(found.judged.map(({ annotation }) => annotation)).toEqual([right, right, right]);
    // 1,000 tokens in and 100 out, three times.
    expect(found.cost).toBeCloseTo(3 * (1000 * 3 + 100 * 15) * 1e-6);
    expect(asked[0]).toMatchObject({
      url: '/v1/chat/completions',
      headers: { authorization: 'Bearer secret' },
      body: { model: 'm' },
    });
    expect(asked.map(({ body }) => body.messages[0]?.content).toSorted()).toEqual(
      questions.map(judgePrompt).toSorted(),
    );
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('asks an Anthropic-compatible one', async () => {
    replies = [{ body: { content: [{ type: 'text', text: said() }], usage: { input_tokens: 5, output_tokens: 7 } } }];
    const found = await judged(questions.slice(0, 1), { api: 'anthropic', keyVariable: 'JUDGE_TEST_KEY' });
    expect(found.judged[0]?.annotation).toEqual(right);
    expect(asked[0]).toMatchObject({ url: '/v1/messages', headers: { 'x-api-key': 'secret' } });
  });

  it('waits out refusals that pass, and asks again after garbage', async () => {
    replies = [
      { status: 429, body: 'slow down', headers: { 'retry-after': '0.01' } },
      { status: 503, body: 'busy' },
      openai('no JSON here'),
      openai(said()),
    ];
    const found = await judged(questions.slice(0, 1));
    expect(found.judged[0]?.annotation).toEqual(right);
    expect([asked.length, found.requests]).toEqual([4, 2]);
  });

  it('what one question meets loses none of the others', async () => {
    replies = [openai(said()), openai('garbage'), openai('garbage'), openai('garbage'), openai(said())];
    const cache = cacheOf();
    const { judged: found } = await judged(questions, { concurrent: 1 }, cache);
    expect(found.map(({ annotation, failure }) => annotation?.error ?? failure?.code)).toEqual([
      'None',
      'JUDGE_ANSWER',
      'None',
    ]);
    expect(cache.kept.size).toBe(2);
  });

  it.each<[string, Reply, string]>([
    ['a wrong key', { status: 401, body: 'who are you' }, 'JUDGE_REFUSED'],
    ['a page instead of JSON', { body: '<html>' }, 'JUDGE_ENDPOINT'],
    ['another form', { body: { answer: 42 } }, 'JUDGE_ENDPOINT'],
    ['an endpoint that stays busy', { status: 500, body: 'no' }, 'JUDGE_REFUSED'],
  ])('names %s', async (_, reply, code) => {
    replies = [reply];
    expect((await judged(questions.slice(0, 1))).judged[0]?.failure?.code).toBe(code);
  });

  it('names an endpoint that is not there', async () => {
    const { judged: found } = await judged(questions.slice(0, 1), { baseUrl: 'http://127.0.0.1:9/v1' });
    expect(found[0]?.failure?.code).toBe('JUDGE_UNREACHABLE');
    await expect(judged(questions, { baseUrl: null })).rejects.toMatchObject({ code: 'JUDGE_NEEDED' });
  });

  it('refuses a cap that cannot hold: without prices, or of an endpoint that does not say what it took', async () => {
    expect(() => settings({ maxCost: 1 })).toThrow(/needs prices/);
    replies = [{ body: { choices: [{ message: { content: said() } }] } }];
    const capped = { prices: { input: 1, output: 1 }, maxCost: 1, concurrent: 1 };
    const { judged: found } = await judged(questions, capped);
    expect(found.map(({ failure }) => failure?.code ?? 'judged')).toEqual([
      'judged',
      'JUDGE_NO_USAGE',
      'JUDGE_NO_USAGE',
    ]);
    expect((await judged(questions)).judged.every(({ annotation }) => annotation)).toBe(true);
  });

  it('begins nothing once the money is spent, and goes on from the cache when there is more', async () => {
    replies = [openai(said())];
    const cache = cacheOf();
    const costly = { prices: { input: 1000, output: 0 }, concurrent: 1 };
    const poor = await judged(questions, { ...costly, maxCost: 2 }, cache);
    expect(poor.judged.map(({ failure }) => failure?.code ?? 'judged')).toEqual(['judged', 'judged', 'JUDGE_COST_CAP']);
    const rich = await judged(questions, { ...costly, maxCost: 9 }, cache);
    expect(rich.judged.every(({ annotation }) => annotation)).toBe(true);
    expect(rich.requests).toBe(1);
  });
});
