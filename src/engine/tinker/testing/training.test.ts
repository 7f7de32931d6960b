/** What the fake server computes, per profile. Facts marked (jax) were observed on SkyRL's JAX backend. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loraTargets } from '../../../checkpoints/lora.js';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { createReferenceEngine } from '../../reference/reference-engine.js';
import { type FakeServer, startFakeServer } from './fake-server.js';
import { datum, PlainClient, rlDatum } from './plain-client.js';
import { hosted, profiles, type ServerProfile, skyrlJax, skyrlMegatron, twinkle } from './profile.js';
import { weightsOf } from './trained-adapter.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
let server: FakeServer;
let client: PlainClient;

const start = async (profile: ServerProfile) => {
  server = await startFakeServer({ profile, model: { folder: models.folder('untied') }, baseModel: 'tiny' });
  client = new PlainClient(server.url);
  return client.model();
};

beforeAll(async () => {
  models = await writeTinyModels();
});
afterEach(() => server.close());
afterAll(() => models.remove());

const text = [0, 1, 2, 9, 3, 4, 5];
const long = [0, 1, 2, 9, 3, 4, 5, 6, 7];

/** The gradient norm of a step after one pass of the datums; the weights stay. */
async function norm(model: string, data: readonly object[], loss?: string, config?: object): Promise<number> {
  await client.pass(model, data, loss, config);
  const { body } = await client.step(model, { learning_rate: 0 });
  return body.metrics['skyrl.ai/grad_norm'];
}

describe('loss normalisation', () => {
  it('jax: mean over tokens, then over datums since the last step', async () => {
    const model = await start(skyrlJax);
    const one = await norm(model, [datum(text, 4)]);
    expect(one).toBeGreaterThan(0);
    // (jax) 1 or 2 equal datums, or weights twice as large: the same.
    expect(await norm(model, [datum(text, 4), datum(text, 4)])).toBeCloseTo(one, 6);
    expect(await norm(model, [datum(text, 4, 2)])).toBeCloseTo(one, 6);
    // (jax) halved by a datum without gradient; also when it comes in a pass of its own.
    const idle = rlDatum(text, 4, 0, [-1, -1, -1]);
    const active = rlDatum(text, 4, 1, [-1, -1, -1]);
    const alone = await norm(model, [active], 'importance_sampling');
    expect(await norm(model, [active, idle], 'importance_sampling')).toBeCloseTo(alone / 2, 6);
    await client.pass(model, [idle], 'importance_sampling');
    expect(await norm(model, [active], 'importance_sampling')).toBeCloseTo(alone / 2, 6);
  });

  it('sums: over tokens and datums', async () => {
    const model = await start(skyrlMegatron);
    const one = await norm(model, [datum(text, 4)]);
    expect(await norm(model, [datum(text, 4), datum(text, 4)])).toBeCloseTo(2 * one, 5);
    expect(await norm(model, [datum(text, 4, 2)])).toBeCloseTo(2 * one, 5);
    expect(await norm(model, [datum(text, 4), datum(text, 4, 0)])).toBeCloseTo(one, 6);
  });

  it('twinkle: weights are a mask, requests have a mean of their own, ratios are clipped', async () => {
    const model = await start({ ...twinkle, saysNorm: true });
    const one = await norm(model, [datum(text, 4)]);
    expect(await norm(model, [datum(text, 4, 5), datum(text, 4)])).toBeCloseTo(one, 6);
    await client.pass(model, [datum(text, 4)]);
    expect(await norm(model, [datum(text, 4)])).toBeCloseTo(2 * one, 5);
    // Importance sampling: a mean over the request's datums of means over their tokens, the prompt's among them.
    const active = rlDatum(text, 4, 1, [-2, -2, -2]);
    const idle = rlDatum(long, 3, 0, [-1, -1, -1, -1, -1, -1]);
    const free = { epsilon: 1e9 };
    const alone = await norm(model, [active], 'importance_sampling', free);
    expect(await norm(model, [active, idle], 'importance_sampling', free)).toBeCloseTo(alone / 2, 6);
    const { weights } = datum(text, 4).loss_fn_inputs;
    const masked = { ...active, loss_fn_inputs: { ...active.loss_fn_inputs, weights } };
    expect(await norm(model, [masked], 'importance_sampling', free)).toBeCloseTo(2 * alone, 5);
    // Ratios of e^10 and more are far above 1.2: with a positive advantage nothing is left, with a negative one everything.
    const far = [-20, -20, -20];
    expect(await norm(model, [rlDatum(text, 4, 1, far)], 'importance_sampling')).toBe(0);
    expect(await norm(model, [rlDatum(text, 4, -1, far)], 'importance_sampling')).toBeGreaterThan(1);
  });

  it('twinkle: cross entropy is a mean over the tokens of the request', async () => {
    const both = [datum(text, 4), datum(long, 3)];
    const sum = await norm(await start({ ...twinkle, saysNorm: true, loss: hosted.loss }), both);
    await server.close();
    expect(await norm(await start({ ...twinkle, saysNorm: true }), both)).toBeCloseTo(sum / 9, 6);
  });

  it('jax: without weights the prompt counts', async () => {
    const model = await start(skyrlJax);
    const { model_input, loss_fn_inputs } = rlDatum(text, 4, 1, [-1, -1, -1]);
    const weighted = {
      model_input,
      loss_fn_inputs: { ...loss_fn_inputs, weights: datum(text, 4).loss_fn_inputs.weights },
    };
    const full = await norm(model, [weighted], 'importance_sampling');
    // Three of six positions carry the advantage.
    expect(await norm(model, [{ model_input, loss_fn_inputs }], 'importance_sampling')).toBeCloseTo(full / 2, 6);
  });
});

describe('a training run', () => {
  it('makes the weights of the in-process engine', async () => {
    const model = await start(hosted);
    const lora = { rank: 4, alpha: 32, targets: [...loraTargets] };
    const engine = createReferenceEngine({ lora });
    const policy = await engine.open({ folder: models.folder('untied') });
    const step = { learningRate: 0.02, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 0.5 };
    const adam = { learning_rate: 0.02, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.01, grad_clip_norm: 0.5 };
    for (let i = 0; i < 3; i++) {
      const sequences = [
        { tokens: Int32Array.from(text), promptLength: 4, advantage: 0.75, weight: 0.5 },
        { tokens: Int32Array.from(long), promptLength: 3, advantage: -0.25, weight: 0.5 },
      ];
      const logprobs = await policy.logprobs(sequences);
      const data = sequences.map(({ tokens, promptLength, advantage }, s) =>
        rlDatum(
          [...tokens],
          promptLength,
          advantage / 2,
          [...logprobs[s]!].map((logp) => logp - 0.1),
        ),
      );
      const passed = await client.pass(model, data, 'importance_sampling');
      const scored = passed.body.loss_fn_outputs.map((output: { logprobs: { data: number[] } }, s: number) =>
        output.logprobs.data.slice(sequences[s]!.promptLength - 1),
      );
      expect(scored).toEqual(logprobs.map((row) => [...row]));
      await client.step(model, adam);
      const batch = sequences.map((sequence, s) => ({
        ...sequence,
        samplerLogprobs: logprobs[s]!.map((logp) => Math.fround(logp - 0.1)),
      }));
      await policy.update({ objective: 'policy-gradient', sequences: batch }, step);
    }
    const [served, own] = [weightsOf(await server.state(model)), weightsOf(await policy.save())];
    const worst = served.reduce((most, w, i) => Math.max(most, Math.abs(w - own[i]!)), 0);
    expect(worst).toBeLessThan(1e-6);
    await engine.close();
  });

  it('sums the gradients of all passes since the last step', async () => {
    const together = await start(hosted);
    await client.pass(together, [datum(text, 4), datum(long, 3)]);
    await client.step(together);
    const apart = await client.model();
    await client.pass(apart, [datum(text, 4)]);
    await client.pass(apart, [datum(long, 3)]);
    await client.step(apart);
    expect(weightsOf(await server.state(apart))).toEqual(weightsOf(await server.state(together)));
    // A forward pass leaves nothing behind.
    await client.forward(apart, [datum(text, 4)]);
    await client.step(apart, { learning_rate: 0 });
    expect(weightsOf(await server.state(apart))).toEqual(weightsOf(await server.state(together)));
  });

  it.each(['ppo', 'cispo'])('%s: the gradient of importance sampling where no ratio is held', async (loss) => {
    const model = await start(skyrlMegatron);
    const [{ logprobs }] = (await client.forward(model, [datum(text, 4)])).body.loss_fn_outputs;
    const near = rlDatum(
      text,
      4,
      1,
      logprobs.data.slice(3).map((logp: number) => logp - 0.05),
    );
    const free = await norm(model, [near], 'importance_sampling');
    expect(await norm(model, [near], loss)).toBeCloseTo(free, 5);
    // At a ratio of e^0.5 PPO has no gradient left, CISPO holds it at 1.2.
    const far = rlDatum(
      text,
      4,
      1,
      logprobs.data.slice(3).map((logp: number) => logp - 0.5),
    );
    const held = await norm(model, [far], loss);
    if (loss === 'ppo') expect(held).toBe(0);
    else expect(held).toBeCloseTo((free / Math.exp(0.05)) * 1.2, 4);
  });

  it.each(Object.values(profiles))('$name: what a step honours', async (profile) => {
    const asked = await start(profile);
    await client.pass(asked, [datum(text, 4)]);
    await client.step(asked, { learning_rate: 0.01, beta1: 0, beta2: 0, eps: 1e8, weight_decay: 0.5 });
    const other = await client.model();
    await client.pass(other, [datum(text, 4)]);
    await client.step(other, { learning_rate: 0.01 });
    const [strange, plain] = [weightsOf(await server.state(asked)), weightsOf(await server.state(other))];
    if (profile.honours.length === 1) expect(strange).toEqual(plain);
    else expect(strange).not.toEqual(plain);
  });
});
