/** Prompts as conversations, from the config to the hard set and back, on a model with a chat template. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeChatModel } from '../../test/chat-model.js';
import { completeWithModel } from './complete.js';
import { resolveConfig } from './config/config.js';
import { evaluateModel } from './evaluate-model/evaluate-model.js';
import { openWorkbench } from './open-workbench.js';
import { prepareHardSet } from './prepare/prepare.js';

const root = mkdtempSync(join(tmpdir(), 'chat-model-'));
afterAll(() => rmSync(root, { recursive: true }));
const model = join(root, 'model');
const problems = join(root, 'problems.jsonl');
beforeAll(async () => {
  await writeChatModel(model, 'llama3', 900);
  const rows = Array.from({ length: 8 }, (_, i) => ({ question: `What is $${i}+${i}$?`, gold: String(2 * i) }));
  writeFileSync(problems, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

const small = [
  'soar.student.sampling.maxNewTokens=8',
  'soar.teacher.sampling.maxNewTokens=40',
  'soar.reward.questions=2',
  'engine.workers=1',
];
const config = (...sets: string[]) => resolveConfig({ preset: 'paper', sets: [`model=${model}`, ...small, ...sets] });
const chat = ['mathematics.prompt=chat', 'mathematics.system=Be brief.'];
const hardSet = join(root, 'hard-set');

describe('a model with a chat template', () => {
  it('is screened in conversations, and its hard set is good for these alone', async () => {
    const { manifest } = await prepareHardSet({
      dataset: problems,
      config: config(...chat),
      attempts: 2,
      stopAtFirstSuccess: false,
      longPrompts: 'refuse',
      trainFraction: 0.5,
      out: hardSet,
    });
    expect(manifest.screen.prompt).toMatch(
      /^chat: <\|begin_of_text\|><\|start_header_id\|>system.*Be brief\..*<QUESTION>/s,
    );
    expect(manifest.counts.unwritablePrompts).toBe(0);

    const named = `problems.hardSet=${hardSet}`;
    const bench = await openWorkbench(config(...chat, named));
    const prompt = bench.base.tokenizer.encode(bench.domain.studentPrompt('Q'));
    // The template writes the beginning of the text, once.
    expect([...prompt].filter((id) => id === prompt[0])).toHaveLength(1);
    await bench.close();
    const long = openWorkbench(config(...chat, named, 'soar.student.sampling.maxNewTokens=850'));
    await expect(long).rejects.toMatchObject({
      code: 'RUN_CONTEXT_TOO_SHORT',
      where: 'soar.student.sampling.maxNewTokens',
      message: expect.stringMatching(
        /^the prompt of problem .* may get 850 more, the model's context holds 900 \(max_position_embeddings of .*model\/config\.json\)$/,
      ),
    });
    for (const other of [[], ['mathematics.prompt=chat']]) {
      await expect(openWorkbench(config(...other, named))).rejects.toMatchObject({ code: 'HARD_SET_OTHER_PROMPT' });
    }
  });

  it('is evaluated in either form, which are two evaluations', async () => {
    const request = { dataset: problems, ks: [1], samples: 2, longPrompts: 'refuse', out: join(root, 'out') } as const;
    const results = await evaluateModel({ ...request, config: config(...chat) });
    expect(results.counts).toMatchObject({ problems: 8, completions: 16 });
    expect(results.evaluation.prompt).toMatch(/^chat: /);
    await expect(evaluateModel({ ...request, config: config() })).rejects.toMatchObject({
      code: 'EVALUATE_OTHER',
      message: expect.stringMatching(/differs in its prompt$/),
    });
    const lines = readFileSync(join(root, 'out', 'completions.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(16);
  });

  it('is asked for what fits into memory with the cache of what will be written', async () => {
    const request = { prompt: 'Two and two', temperature: 1, topP: 1, maxNewTokens: 800, seed: 's' };
    const limited = config('engine.memoryLimit=0.2');
    await expect(completeWithModel(limited, { ...request, count: 256 })).rejects.toMatchObject({
      code: 'ENGINE_MEMORY',
      message: expect.stringMatching(/cache of keys and values +0\.02 GiB/),
    });
    expect(await completeWithModel(limited, { ...request, count: 1 })).toHaveLength(1);
  });

  it('completes a text or answers a message, the same for the same seed', async () => {
    const request = { count: 3, temperature: 1, topP: 1, maxNewTokens: 6, seed: 's' };
    const raw = await completeWithModel(config(), { ...request, prompt: 'Two and two' });
    expect(raw).toHaveLength(3);
    for (const { tokens, finished } of raw) expect(finished || tokens === 6).toBe(true);
    expect(await completeWithModel(config(), { ...request, prompt: 'Two and two' })).toEqual(raw);
    const prompt = { messages: [{ role: 'user', content: 'Two and two' }] } as const;
    expect(await completeWithModel(config(), { ...request, prompt })).not.toEqual(raw);
    const long = { ...request, prompt: 'x'.repeat(2000) };
    await expect(completeWithModel(config(), long)).rejects.toMatchObject({
      code: 'SAMPLE_PROMPT_TOO_LONG',
      where: '--prompt',
      message: expect.stringMatching(
        /has \d+ tokens and may get 6 more, the model's context holds 900 \(max_position_embeddings of .*model\/config\.json\)$/,
      ),
    });
  });
});
