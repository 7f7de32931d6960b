/** What pre-training asks of a policy, and that a tiny model learns the documents' form from it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Call, noMetrics, ScriptedPolicy } from '../../test/method/scripted.js';
import { type LlamaShape, llamaLayout } from '../checkpoints/llama-shape.js';
import { writeModelFolder } from '../checkpoints/model-folder.js';
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.js';
import { baseModelShape, untrainedBaseModel } from '../problems/world/base-model.js';
import { writeDocument } from '../problems/world/corpus.js';
import { randomStream } from '../rl/random.js';
import { pretrain, pretrainSettingsSchema } from './pretraining.js';

describe('pretrain', () => {
  const settings = pretrainSettingsSchema.parse({
    steps: 4,
    documents: 3,
    schedule: { kind: 'linear', learningRate: 0.4, warmupSteps: 2, horizon: 'run', floor: 0 },
  });

  it('trains on the seed’s documents, each whole but for its first token, with a mean over tokens', async () => {
    const calls: Call[] = [];
    const policy = new ScriptedPolicy('base', { complete: () => '.' }, calls);
    const seen: number[] = [];
    await pretrain(policy, settings, 'seed', ({ step, steps, loss, tokens }) => {
      expect([steps, loss]).toEqual([4, noMetrics.loss]);
      seen.push(step, tokens);
    });

    expect(calls.map(({ call }) => call)).toEqual(['update', 'update', 'update', 'update']);
    const random = randomStream('seed/corpus');
    for (const { batch } of calls) {
      const texts = batch?.sequences.map(({ tokens }) => policy.tokenizer.decode(tokens)) ?? [];
      expect(texts).toEqual([0, 1, 2].map(() => writeDocument(random, settings.corpus)));
      expect(batch?.objective).toBe('log-likelihood');
      let total = 0;
      for (const { tokens, promptLength, advantage, weight } of batch?.sequences ?? []) {
        expect([promptLength, advantage]).toEqual([1, 1]);
        total += (weight as number) * (tokens.length - promptLength);
      }
      expect(total).toBeCloseTo(1, 12);
    }
    const tokens = calls.map(({ batch }) => batch?.sequences.reduce((sum, one) => sum + one.tokens.length - 1, 0));
    expect(seen).toEqual(tokens.flatMap((count, step) => [step, count]));
  });

  it('follows the schedule over its own length', async () => {
    const calls: Call[] = [];
    await pretrain(new ScriptedPolicy('base', { complete: () => '.' }, calls), settings, 'seed');
    const rates = calls.map(({ step }) => step?.learningRate);
    // Warm-up 1/2, 2/2; then from the peak at step 2 to 0 at step 4.
    [0.2, 0.4, 0.4, 0.2].forEach((rate, i) => {
      expect(rates[i]).toBeCloseTo(rate, 12);
    });
  });
});

describe('a tiny model', async () => {
  const shape: LlamaShape = { ...baseModelShape, hiddenSize: 16, layers: 1, headSize: 8, intermediateSize: 24 };
  const folder = await mkdtemp(join(tmpdir(), 'pretraining-'));
  const engine = createEmbeddedEngine({ workers: 1 });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  it('learns the form of the documents', async () => {
    const random = randomStream('tiny');
    const weights = new Float32Array(llamaLayout(shape).size).map(() => (random.float() - 0.5) / 2);
    await writeModelFolder(folder, { ...untrainedBaseModel('tiny'), shape, weights });
    const policy = await engine.open({ folder });
    const losses: number[] = [];
    const settings = pretrainSettingsSchema.parse({
      steps: 150,
      documents: 32,
      schedule: { learningRate: 2e-2, warmupSteps: 10 },
    });
    await pretrain(policy, settings, 'tiny', ({ loss }) => losses.push(loss));
    // Uniform over the vocabulary is ln 25 = 3.22 nats, over the ten digits ln 10 = 2.30.
    expect(losses[0]).toBeGreaterThan(3);
    expect(losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10).toBeLessThan(Math.log(10));

    const options = { samplesPerPrompt: 64, maxNewTokens: 100, temperature: 1, stopTokens: policy.tokenizer.endTokens };
    const [documents] = await policy.sample([policy.tokenizer.encode('')], { ...options, seed: 'tiny' });
    const formed = documents.filter(({ tokens }) => /^[^=.]+(=[^=.]+)+\.$/.test(policy.tokenizer.decode(tokens)));
    expect(formed.length).toBeGreaterThan(32);
  });
});
