/** On the shipped model: seconds, the whole path. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/config.js';
import { evaluateModel } from './evaluate-model.js';
import type { ModelEvaluationProgress, ModelEvaluationRequest } from './request.js';

const root = mkdtempSync(join(tmpdir(), 'evaluate-model-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Programs of one to nine operations: some solved, some not. */
const sets = [
  'world.hardLengths=[1,9]',
  'world.candidates=30',
  'world.train=8',
  'world.test=8',
  'soar.reward.questions=8',
  'soar.student.sampling.maxNewTokens=40',
];
const config = (...more: readonly string[]) => resolveConfig({ preset: 'smoke', sets: [...sets, ...more] });
const request = (out: string, changes: Partial<ModelEvaluationRequest> = {}): ModelEvaluationRequest => ({
  dataset: 'world',
  config: config(),
  ks: [1, 4],
  samples: 32,
  longPrompts: 'refuse',
  out: join(root, out),
  ...changes,
});
const rowsOf = (out: string, name: string) =>
  readFileSync(join(root, out, name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
const filesOf = (out: string) =>
  Object.fromEntries(
    readdirSync(join(root, out))
      .filter((name) => name !== 'journal.jsonl')
      .map((name) => [name, readFileSync(join(root, out, name), 'utf8')]),
  );
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('this must fail'),
    (error) => `${error.code}: ${error.message}`,
  );

describe('evaluating a model', () => {
  it('keeps every completion, and pass@k is what they say', async () => {
    const results = await evaluateModel(request('whole'));
    const completions = rowsOf('whole', 'completions.jsonl');
    expect(completions).toHaveLength(960);
    const problems = rowsOf('whole', 'problems.jsonl');
    expect(problems).toHaveLength(30);
    for (const [p, { id, successes, answered, finished, tokens }] of problems.entries()) {
      const own = completions.slice(32 * p, 32 * p + 32);
      expect(own.map((one) => [one.id, one.sample])).toEqual(own.map((_, sample) => [id, sample]));
      expect(own.filter((one) => one.correct)).toHaveLength(successes);
      expect(own.filter((one) => one.answered)).toHaveLength(answered);
      expect(own.filter((one) => one.finished)).toHaveLength(finished);
      expect(own.reduce((sum, one) => sum + one.tokens, 0)).toBe(tokens);
    }
    const correct = completions.filter((one) => one.correct);
    for (const { id, completion } of correct) {
      expect(completion.endsWith(`${problems.find((one) => one.id === id).gold}.`)).toBe(true);
    }
    expect(results.correct).toBe(correct.length / 960);
    expect(results.correct).toBeGreaterThan(0.1);
    // With c of 32 correct, pass@4 is 1 - C(32-c, 4) / C(32, 4).
    const choose4 = (n: number) => (n * (n - 1) * (n - 2) * (n - 3)) / 24;
    const pass = problems.map(({ successes }) => 1 - choose4(32 - successes) / choose4(32));
    const [all] = results.pass.rows;
    expect(all?.passAtK[0]?.mean).toBeCloseTo(results.correct);
    expect(all?.passAtK[1]?.mean).toBeCloseTo(pass.reduce((a, b) => a + b) / 30);
    for (const { mean, low, high } of all?.passAtK ?? []) {
      expect(low).toBeLessThan(mean);
      expect(high).toBeGreaterThan(mean);
    }
    expect(results.pass.rows.map(({ group }) => group)).toContain('9');
    expect(JSON.parse(readFileSync(join(root, 'whole', 'results.json'), 'utf8'))).toEqual(results);
    expect(readdirSync(join(root, 'whole')).sort()).toEqual(
      ['completions.jsonl', 'journal.jsonl', 'problems.jsonl', 'refused.jsonl', 'results.json'].sort(),
    );
  });

  it('interrupted and continued, on other numbers of workers, ends with the same bytes', async () => {
    const controller = new AbortController();
    const first: ModelEvaluationProgress[] = [];
    const stopped = evaluateModel(request('stopped', { config: config('engine.workers=1') }), {
      signal: controller.signal,
      onProgress: (progress) => {
        first.push(progress);
        controller.abort();
      },
    });
    expect(await failure(stopped)).toMatch(/^RUN_INTERRUPTED: the evaluation was stopped/);
    expect(readdirSync(join(root, 'stopped'))).not.toContain('results.json');
    const second: ModelEvaluationProgress[] = [];
    await evaluateModel(request('stopped', { config: config('engine.workers=3') }), {
      onProgress: (progress) => second.push(progress),
    });
    const { done } = first.at(-1) as ModelEvaluationProgress;
    expect(done).toBeGreaterThanOrEqual(128);
    expect(done).toBeLessThan(800);
    expect(second.length).toBeGreaterThan(2);
    expect(second.every(({ before, of }) => before === done && of === 960)).toBe(true);
    expect(filesOf('stopped')).toEqual(filesOf('whole'));
    // Once more, with other k: nothing is sampled.
    const again = await evaluateModel(request('stopped', { ks: [32] }), {
      onProgress: () => expect.unreachable('nothing is left to sample'),
    });
    expect(again.pass.rows[0]?.passAtK).toHaveLength(1);
    expect(filesOf('stopped')['completions.jsonl']).toBe(filesOf('whole')['completions.jsonl']);
  });

  it('refuses a k above the samples before anything is opened', async () => {
    const impossible = request('none', { ks: [1, 33], dataset: 'nowhere.jsonl' });
    expect(await failure(evaluateModel(impossible))).toBe(
      'EVALUATE_K_TOO_LARGE: pass@33 cannot be estimated from 32 samples per problem',
    );
  });

  it('refuses a folder with another evaluation, and completions that were changed', async () => {
    expect(await failure(evaluateModel(request('whole', { config: config('seed=2') })))).toMatch(
      /^EVALUATE_OTHER: .* differs in its seed$/,
    );
    const controller = new AbortController();
    const stopped = evaluateModel(request('damaged'), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await failure(stopped)).toMatch(/^RUN_INTERRUPTED/);
    const [part] = readdirSync(join(root, 'damaged', 'parts'));
    writeFileSync(join(root, 'damaged', 'parts', String(part)), '{}\n');
    expect(await failure(evaluateModel(request('damaged')))).toMatch(/^EVALUATE_DAMAGED/);
  });
});
