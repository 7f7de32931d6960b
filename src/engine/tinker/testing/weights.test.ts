/** Whose weights are sampled, saved, loaded and left behind, per profile. Facts marked (jax) were observed on SkyRL's JAX backend. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loraTargets } from '../../../checkpoints/lora.js';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { createReferenceEngine } from '../../reference/reference-engine.js';
import { type FakeServer, startFakeServer } from './fake-server.js';
import { datum, modelInput, PlainClient, rlDatum } from './plain-client.js';
import { hosted, profiles, type ServerProfile, skyrlJax, skyrlMegatron, twinkle } from './profile.js';
import { asServed } from './sampling.js';
import { weightsOf } from './trained-adapter.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
let server: FakeServer;
let client: PlainClient;

const start = async (profile: ServerProfile) => {
  server = await startFakeServer({ profile, model: { folder: models.folder('untied') }, baseModel: 'tiny' });
  client = new PlainClient(server.url);
  return client.model();
};
const text = [0, 1, 2, 9, 3, 4, 5];
const weights = async (model: string) => weightsOf(await server.state(model));

/** A sampling session on a new model. */
async function sessionOf(profile: ServerProfile): Promise<string> {
  const model = await start(profile);
  return client.snapshot(model);
}

/** A step that changes the weights. */
async function train(model: string) {
  await client.pass(model, [datum(text, 4)]);
  return client.step(model, { learning_rate: 0.05 });
}

async function save(model: string, name: string): Promise<string> {
  return (await client.ask('/save_weights', model, { path: name })).body.path;
}

beforeAll(async () => {
  models = await writeTinyModels();
});
afterEach(() => server.close());
afterAll(() => models.remove());

describe('a snapshot', () => {
  it('hosted: keeps its weights, even of a model that was unloaded', async () => {
    const model = await start(hosted);
    const first = await client.snapshot(model);
    const before = await client.sample(first);
    await train(model);
    const second = await client.snapshot(model);
    expect(await client.sample(second)).not.toEqual(before);
    expect(await client.sample(first)).toEqual(before);
    await client.result(await client.post('/unload_model', { model_id: model }));
    expect(await client.sample(first)).toEqual(before);
    expect(server.log.wrongSamples()).toEqual([]);
  });

  it('twinkle: is deleted by the next one of its model', async () => {
    const model = await start({ ...twinkle, seededSamples: true });
    const first = await client.snapshot(model);
    const before = await client.sample(first);
    await train(model);
    expect(await client.sample(first)).toEqual(before);
    const second = await client.snapshot(model);
    expect((await client.sample(second)).body.sequences).toHaveLength(2);
    expect((await client.sample(first)).status).toBe(404);
    expect(server.log.wrongSamples()).toEqual([]);
  });

  it('skyrl-megatron: every session samples what was saved last', async () => {
    const model = await start(skyrlMegatron);
    const first = await client.snapshot(model);
    const before = await client.sample(first);
    await train(model);
    expect(await client.sample(first)).toEqual(before);
    const second = await client.snapshot(model);
    const after = await client.sample(second);
    expect(after).not.toEqual(before);
    expect(server.log.wrongSamples()).toEqual([]);
    expect(await client.sample(first)).toEqual(after);
    expect(server.log.wrongSamples()).toMatchObject([{ kind: 'sample', model }]);
    expect(server.log.rollbacks()).toEqual([]);
  });

  it('(jax) once loaded, samples the live weights', async () => {
    const model = await start(skyrlJax);
    const session = await client.snapshot(model);
    const before = await client.sample(session);
    await train(model);
    const moved = await weights(model);
    expect(await client.sample(session)).not.toEqual(before);
    expect(await weights(model)).toEqual(moved);
    expect(server.log.wrongSamples()).toHaveLength(1);
  });

  it('(jax) older than a step, rolls the training back', async () => {
    const model = await start(skyrlJax);
    const session = await client.snapshot(model);
    const before = await weights(model);
    await train(model);
    expect(await weights(model)).not.toEqual(before);
    await client.sample(session);
    expect(await weights(model)).toEqual(before);
    // The samples themselves are those that were asked for.
    expect(server.log.wrongSamples()).toEqual([]);
    expect(server.log.rollbacks()).toMatchObject([{ model }]);
  });
});

describe('loaded weights', () => {
  it.each([skyrlJax, hosted, twinkle])(
    '$name: are those that were saved, with a fresh optimizer or the saved one',
    async (profile) => {
      const model = await start(profile);
      await train(model);
      const path = await save(model, 'promoted');
      const [fork, copy] = [await client.model(), await client.model()];
      await client.ask('/load_weights', fork, { path, optimizer: false });
      await client.ask('/load_weights', copy, { path, optimizer: true });
      expect(await weights(fork)).toEqual(await weights(model));
      await Promise.all([train(model), train(fork), train(copy)]);
      expect(await weights(copy)).toEqual(await weights(model));
      expect(await weights(fork)).not.toEqual(await weights(model));
    },
  );

  it('skyrl-megatron: without the optimizer are undone by the first step', async () => {
    const model = await start(skyrlMegatron);
    const pristine = await weights(model);
    await train(model);
    const path = await save(model, 'promoted');
    const fork = await client.model();
    await client.ask('/load_weights', fork, { path, optimizer: false });
    const logprobs = async (of: string) =>
      (await client.forward(of, [datum(text)])).body.loss_fn_outputs[0].logprobs.data;
    expect(await logprobs(fork)).toEqual(await logprobs(model));
    await client.pass(fork, [datum(text, 4)]);
    await client.step(fork, { learning_rate: 0 });
    expect(await weights(fork)).toEqual(pristine);
    // With the optimizer they stay.
    const whole = await client.model();
    await client.ask('/load_weights', whole, { path, optimizer: true });
    await client.pass(whole, [datum(text, 4)]);
    await client.step(whole, { learning_rate: 0 });
    expect(await weights(whole)).toEqual(await weights(model));
  });

  it.each(Object.values(profiles))('$name: only as the first request of a model, of its rank', async (profile) => {
    const model = await start(profile);
    const path = await save(model, 'one');
    const late = await client.ask('/load_weights', model, { path, optimizer: false });
    expect([late.status, late.body.detail]).toEqual([
      400,
      expect.stringContaining('LoadWeights is not permitted with seq_id'),
    ]);
    if (profile.ranks === 'one') return;
    const other = await client.model(2);
    const wrong = await client.ask('/load_weights', other, { path, optimizer: false });
    expect(wrong.body.detail ?? wrong.body.error).toContain('Rank mismatch');
  });
});

describe('adapters side by side', () => {
  it('(jax) weight decay of one shrinks all', async () => {
    const model = await start(skyrlJax);
    const other = await client.model();
    const before = await weights(other);
    await client.pass(model, [datum(text, 4)]);
    await client.step(model, { learning_rate: 0.1, weight_decay: 0.5 });
    expect(await weights(other)).toEqual(before.map((w) => w * 0.95));
    expect(server.log.of('decayed-with-another')).toMatchObject([{ model: other }]);
  });

  it('(jax) gradients that nobody stepped are left to the next model', async () => {
    const model = await start(skyrlJax);
    await client.pass(model, [datum(text, 4)]);
    await client.result(await client.post('/unload_model', { model_id: model }));
    const next = await client.model();
    const { body } = await client.step(next, { learning_rate: 0 });
    expect(body.metrics['skyrl.ai/grad_norm']).toBeGreaterThan(0);
    const third = await client.model();
    expect((await client.step(third, { learning_rate: 0 })).body.metrics['skyrl.ai/grad_norm']).toBe(0);
  });

  it('begin alike, or by their seed', async () => {
    const model = await start(skyrlJax);
    const seeded = (seed: number) => client.model(4, { lora_config: { rank: 4, seed } });
    const [one, same, two] = [await seeded(1), await seeded(1), await seeded(2)];
    expect(await weights(one)).toEqual(await weights(same));
    expect(await weights(one)).not.toEqual(await weights(two));
    // B is zero: all are the base model.
    const logprobs = async (of: string) => (await client.forward(of, [datum(text)])).body;
    expect(await logprobs(one)).toEqual(await logprobs(model));
  });

  it.each(Object.values(profiles))('$name: as many and as large as it says', async (profile) => {
    await start({ ...profile, maxAdapters: 2, maxRank: 8 });
    const create = async (rank: number) => {
      const asked = { session_id: await client.sessionId(), base_model: 'tiny', lora_config: { rank } };
      const { body } = await client.result(await client.post('/create_model', { ...asked, model_seq_id: 40 + rank }));
      return body.detail ?? body.error ?? 'created';
    };
    expect(await create(16)).toContain('must be between 1 and 8');
    if (profile.ranks === 'power-of-two') expect(await create(3)).toContain('power of two');
    if (profile.ranks === 'one') expect(await create(8)).toContain('rank 4');
    expect(await create(4)).toBe('created');
    // The name of a hosted model is its number: the same one again is no other.
    if (profile.modelsNumbered) expect(await create(4)).toBe('created');
    else expect(await create(4)).toContain('Maximum number of LoRA adapters');
    expect(server.loaded).toHaveLength(2);
  });
});

describe('samples', () => {
  it.each(Object.values(profiles))('$name: completion i of seed s is the first of seed s + i', async (profile) => {
    const session = await sessionOf(profile);
    const drawn = async (num_samples: number, seed: number) =>
      (await client.sample(session, { num_samples, sampling_params: { max_tokens: 5, seed } })).body.sequences;
    const three = await drawn(3, 7);
    expect(three).toHaveLength(3);
    if (profile.seededSamples) expect([...(await drawn(1, 7)), ...(await drawn(2, 8))]).toEqual(three);
    else expect(await drawn(3, 7)).not.toEqual(three);
    for (const { tokens, logprobs, stop_reason } of three) {
      expect([tokens.length, logprobs.length, stop_reason]).toEqual([5, 5, 'length']);
    }
  });

  it.each(Object.values(profiles))(
    '$name: log-probabilities are those of training and of the prompt',
    async (profile) => {
      const session = await sessionOf(profile);
      const { body } = await client.sample(session, { num_samples: 1, prompt_logprobs: true });
      const [{ tokens, logprobs }] = body.sequences;
      const [model] = server.loaded;
      const scored = (await client.forward(model!, [datum([0, 1, 2, ...tokens])])).body.loss_fn_outputs[0].logprobs
        .data;
      logprobs.forEach((logp: number, t: number) => {
        expect(logp).toBeCloseTo(scored[2 + t], 5);
      });
      const prompt = scored.slice(0, 2);
      const forms = { shorter: prompt, 'leading-null': [null, ...prompt], none: null };
      expect(body.prompt_logprobs).toEqual(forms[profile.promptLogprobs]);
    },
  );

  it('end at a stop token or text', async () => {
    const session = await sessionOf(hosted);
    const drawn = async (stop?: unknown) =>
      (await client.sample(session, { num_samples: 8, sampling_params: { max_tokens: 6, seed: 3, stop } })).body
        .sequences;
    const free = await drawn();
    // Token 3 is `c`.
    for (const stop of [[3], ['c']]) {
      (await drawn(stop)).forEach(({ tokens, stop_reason }: { tokens: number[]; stop_reason: string }, i: number) => {
        const at = free[i].tokens.indexOf(3);
        expect(tokens).toEqual(at < 0 ? free[i].tokens : free[i].tokens.slice(0, at + 1));
        expect(stop_reason).toBe(at < 0 ? 'length' : 'stop');
      });
    }
  });

  it.each(Object.values(profiles))('$name: of the base model, where it is served', async (profile) => {
    const model = await start(profile);
    const asked = {
      base_model: 'tiny',
      num_samples: 1,
      prompt: modelInput([0, 1]),
      sampling_params: { max_tokens: 3, seed: 5 },
    };
    const { status, body } = await client.result(await client.post('/asample', asked));
    if (!profile.baseSampling) {
      expect([status, body.detail]).toEqual([400, expect.stringContaining('unknown model_id')]);
      return;
    }
    const session = await client.snapshot(model);
    const { base_model, ...rest } = asked;
    const adapted = (await client.sample(session, rest)).body.sequences;
    if (profile.seededSamples) expect(adapted).toEqual(body.sequences);
    else expect(body.sequences).toHaveLength(1);
  });
});

describe('an in-process engine that samples as served', () => {
  it.each(['reference', 'embedded'] as const)(
    'gives what the server gives, and trains to the same weights: %s',
    async (kind) => {
      const model = { folder: models.folder('untied'), engine: kind };
      server = await startFakeServer({ profile: hosted, model, baseModel: 'tiny' });
      client = new PlainClient(server.url);
      const [served, seedOf] = [await client.model(), (seed: string, prompt: number) => 100 * Number(seed) + prompt];
      const lora = { rank: 4, alpha: 32, targets: [...loraTargets] };
      const engine = asServed(createReferenceEngine({ lora }), seedOf);
      const policy = await engine.open({ folder: models.folder('untied') });
      const prompts = [
        [0, 1, 2],
        [0, 9],
      ];
      const options = { samplesPerPrompt: 3, maxNewTokens: 6, temperature: 1, stopTokens: [11] };
      for (const seed of ['1', '2']) {
        const own = await policy.sample(
          prompts.map((prompt) => Int32Array.from(prompt)),
          { ...options, seed },
        );
        const session = await client.snapshot(served);
        const data = [];
        for (const [p, prompt] of prompts.entries()) {
          const sampling_params = { max_tokens: 6, seed: seedOf(seed, p), stop: [11] };
          const { body } = await client.sample(session, {
            num_samples: 3,
            prompt: modelInput(prompt),
            sampling_params,
          });
          expect(body.sequences.map((one: { tokens: number[] }) => one.tokens)).toEqual(
            own[p]!.map(({ tokens }) => [...tokens]),
          );
          const advantages = [0.5, 0.25, -0.75];
          data.push(
            ...own[p]!.map(({ tokens, logprobs }, i) =>
              rlDatum([...prompt, ...tokens], prompt.length, advantages[i]! / 6, [...logprobs]),
            ),
          );
        }
        await client.pass(served, data, 'importance_sampling');
        const adam = { learning_rate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.01, grad_clip_norm: 1 };
        await client.step(served, adam);
        const sequences = prompts.flatMap((prompt, p) =>
          own[p]!.map(({ tokens, logprobs }, i) => ({
            tokens: Int32Array.from([...prompt, ...tokens]),
            promptLength: prompt.length,
            advantage: [0.5, 0.25, -0.75][i]!,
            weight: 1 / 6,
            samplerLogprobs: logprobs,
          })),
        );
        const step = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };
        await policy.update({ objective: 'policy-gradient', sequences }, step);
      }
      const [theirs, own] = [await weights(served), weightsOf(await policy.save())];
      expect(theirs.reduce((most, w, i) => Math.max(most, Math.abs(w - own[i]!)), 0)).toBeLessThan(1e-5);
      await engine.close();
    },
  );
});
