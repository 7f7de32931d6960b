import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Datum, PromisingCall } from '../wire/index.js';
import { connect } from './connect.js';
import { resultOf } from './connection.js';
import { coded, rig } from './scripted/rig.js';
import { ScriptedServer, type Step } from './scripted/scripted-server.js';
import { SwiftClock } from './scripted/swift-clock.js';
import { replay } from './scripted/transcript.js';

const datum: Datum = {
  tokens: Int32Array.of(1, 17, 4, 9),
  inputs: {
    target_tokens: { dtype: 'int64', data: Int32Array.of(17, 4, 9, 2) },
    logprobs: { dtype: 'float32', data: Float32Array.of(0, 0, -5.5, -5.625) },
    advantages: { dtype: 'float32', data: Float32Array.of(0, 0, 1, 1) },
  },
};

it('a student on SkyRL: forked, sampled, trained, promoted, dropped', async () => {
  const { play, differences } = replay('skyrl-student');
  // Heartbeats come when they come.
  const server = await ScriptedServer.start((request) =>
    request.path === '/session_heartbeat' ? { json: { type: 'session_heartbeat' } } : play(request),
  );
  onTestFinished(() => server.close());
  const client = await connect({ baseUrl: server.url, apiKey: '', clock: new SwiftClock() });
  expect(await client.health()).toBe('ok');
  const session = await client.openSession({ tags: ['soar'] });
  const model = await session.createModel({ baseModel: 'tiny-llama', rank: 8, seed: 1 });
  expect(model.id).toBe('model_5e6f7a8b');
  await model.loadWeights('tinker://model_00000000/weights/baseline-v1', { optimizer: false });
  const sampler = await model.sampler();
  const prompt = Int32Array.of(1, 17, 4);
  const { sequences } = await sampler.sample(prompt, { samples: 2, maxTokens: 4, temperature: 1, seed: 7, stop: [2] });
  expect(sequences).toEqual([
    { tokens: Int32Array.of(9, 2), logprobs: Float32Array.of(-5.5, -5.625), stopReason: 'stop' },
    { tokens: Int32Array.of(9, 8, 7, 6), logprobs: Float32Array.of(-5.5, -5.75, -5.625, -5.5), stopReason: 'length' },
  ]);
  const { outputs, metrics } = await model.forwardBackward([datum], { name: 'importance_sampling' });
  expect(outputs[0]!.elementwise_loss!.data).toEqual(Float32Array.of(0, 0, -1, -1));
  expect(metrics).toEqual({});
  const adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 };
  expect(await model.optimStep(adam)).toEqual({ 'skyrl.ai/grad_norm': 0.158, 'skyrl.ai/learning_rate': 0.0001 });
  expect(await model.saveWeights('promoted-1')).toBe('tinker://model_5e6f7a8b/weights/promoted-1');
  expect((await model.info()).model_data).toMatchObject({ base_model: 'tiny-llama', lora_config: { rank: 8 } });
  await model.unload();
  expect(await client.deleteCheckpoint(sampler.checkpoint!)).toBe(true);
  expect(await client.deleteCheckpoint(sampler.checkpoint!)).toBe(false);
  await client.close();
  expect(differences()).toEqual([]);
});

interface Refusal {
  readonly source: string;
  readonly call?: string;
  readonly result?: PromisingCall;
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly code: string;
}

const refusals = JSON.parse(
  readFileSync(new URL('./scripted/transcripts/refusals.json', import.meta.url), 'utf8'),
) as Refusal[];

describe('refusals', () => {
  it.each(refusals)(
    '$call$result answered $status is $code ($source)',
    async ({ call, result, status, json, text, code }) => {
      const step: Step = text === undefined ? { status, json } : { status, text };
      const older = {
        checkpoint_id: 'best',
        checkpoint_type: 'training',
        time: null,
        tinker_path: 'tinker://model_1/weights/best',
      };
      const others: Record<string, Step> = {
        '/get_server_capabilities': { json: { supported_models: [{ model_name: 'tiny' }] } },
        '/training_runs/model_1/checkpoints': { json: { checkpoints: [older] } },
      };
      const { session, model, sampler, connection } = await rig(({ path }) => others[path] ?? step, {
        patience: { paused: 10_000, failing: 10_000 },
      });
      const asked: Record<string, () => Promise<unknown>> = {
        createModel: () => session.createModel({ baseModel: 'tiny', rank: 8 }),
        forwardBackward: () => model.forwardBackward([datum], { name: 'ppo' }),
        optimStep: () => model.optimStep({ learningRate: 1 }),
        saveWeights: () => model.saveWeights('best'),
        sample: () => sampler.sample(Int32Array.of(1), { maxTokens: 1 }),
      };
      const doing = call === undefined ? resultOf(connection, result!, '7', {}) : asked[call]!();
      await expect(doing).rejects.toEqual(coded(code));
    },
  );
});
