/**
 * The same batches give the same updates on every kind of server: those of the reference engine with an adapter of the same shape. With
 * SOAR_TINKER_URL on a real SkyRL, which serves the suite's model (bench/peers/skyrl.md).
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loraTargets } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { readPeftAdapters } from '../../checkpoints/peft-folder.js';
import { mixedBatch } from '../conformance/batches.js';
import { sequenceOf } from '../conformance/texts.js';
import { writeTinyModels } from '../conformance/tiny-model.js';
import type { Engine, OptimizerStep, Policy, TrainingBatch } from '../engine.js';
import { createReferenceEngine } from '../reference/reference-engine.js';
import { openTinkerEngine } from './engine.js';
import { profileNames } from './profiles/profile.js';
import { type TinkerSettings, tinkerSettings } from './settings.js';
import { type FakeServer, startFakeServer } from './testing/fake-server.js';
import { PlainClient } from './testing/plain-client.js';
import { profiles } from './testing/profile.js';

const { SOAR_TINKER_URL: real } = process.env;

const asked: OptimizerStep = {
  learningRate: 0.02,
  beta1: 0.8,
  beta2: 0.97,
  // A real server's gradients are in single precision: beside an epsilon of their rounding's size that would show in the weights.
  epsilon: real === undefined ? 1e-4 : 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 0.5,
};

/** What each kind makes of it: JAX knows neither clipping nor decay of one adapter alone, Megatron its own configuration. */
const made: Record<(typeof profileNames)[number], OptimizerStep> = {
  'skyrl-jax': { ...asked, weightDecay: 0, maxGradNorm: 0 },
  'skyrl-megatron': { ...asked, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2, maxGradNorm: 1 },
  twinkle: asked,
  hosted: asked,
};

/** How near log-probabilities come. */
const near = real === undefined ? 1e-5 : 2e-4;
/** Digits of a loss and of a norm. */
const digits = real === undefined ? 4 : 3;

describe.each(real === undefined ? profileNames : (['skyrl-jax'] as const))('an update on %s', (name) => {
  // First weights of adapters by themselves, as the reference engine's, and not by a seed.
  const server = { ...profiles[name], seeded: false };
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  let fake: FakeServer | undefined;
  let remote: Engine;
  let local: Engine;
  let here: Policy;
  let there: Policy;
  beforeAll(async () => {
    models = await writeTinyModels();
    const folder = models.folder('untied');
    if (real === undefined) fake = await startFakeServer({ profile: server, model: { folder } });
    const baseUrl = fake?.url ?? (real as string);
    const allowIgnored = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'];
    const settings = tinkerSettings.parse({ kind: 'tinker', baseUrl, loraRank: 4, profile: name, allowIgnored });
    remote = await openTinkerEngine(settings);
    const lora = { rank: 4, alpha: server.alpha, targets: [...loraTargets] };
    local = createReferenceEngine({ lora });
    [here, there] = [await local.open({ folder }), await remote.open({ folder })];
    if (real === undefined) return;
    const { shape } = await readModelFolder(folder);
    const weights = await firstAdapters(settings, (archive) => readPeftAdapters(archive, shape, lora));
    const state = await here.save();
    await here.load({ ...state, arrays: { ...state.arrays, weights } });
  });
  afterAll(async () => {
    await remote.close();
    await fake?.close();
    await models.remove();
  });

  const expectAlike = async (batch: TrainingBatch) => {
    const texts = [...batch.sequences, sequenceOf(here, 'cab?', 'hgf='), sequenceOf(here, '', 'bcdefgh=a.')];
    const [expected, found] = [await here.logprobs(texts), await there.logprobs(texts)];
    for (const [i, row] of expected.entries()) {
      for (const [t, logp] of row.entries()) expect(Math.abs((found[i] as Float32Array)[t] - logp)).toBeLessThan(near);
    }
  };

  it.each<[TrainingBatch['objective'], number, string]>([
    ['policy-gradient', 0, 'from the base model'],
    ['policy-gradient', 0, 'with ratios far from 1'],
    ['log-likelihood', 0, 'with weights of both signs'],
    ['policy-gradient', 0.3, ''],
    ['log-likelihood', 0.3, ''],
    ['policy-gradient', 0, 'without any gradient'],
    ['policy-gradient', 0, 'after that'],
  ])('by %s with KL coefficient %d %s is the stated one', async (objective, beta, what) => {
    const mixed = await mixedBatch(here, objective, beta);
    const sequences = mixed.sequences.map((sequence) => ({
      ...sequence,
      ...(what === 'without any gradient' && { advantage: 0 }),
      // Beyond any clipping.
      ...(what === 'with ratios far from 1' && { samplerLogprobs: sequence.samplerLogprobs?.map((logp) => logp - 1) }),
    }));
    const batch = { ...mixed, sequences } as TrainingBatch;
    const expected = await here.update(batch, made[name]);
    const found = await there.update(batch, asked);
    expect(found.loss).toBeCloseTo(expected.loss, digits);
    expect([found.tokensTrained, found.tokensSkipped]).toEqual([expected.tokensTrained, expected.tokensSkipped]);
    for (const key of ['klSampler', 'klReference'] as const) {
      if (Number.isNaN(expected[key])) expect(found[key]).toBeNaN();
      else expect(found[key]).toBeCloseTo(expected[key], digits);
    }
    const whole = sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
    if (beta > 0) expect(found.tokensRead).toBe(whole);
    else if (objective === 'policy-gradient' && name !== 'twinkle') expect(found.tokensRead).toBe(0);
    if (!Number.isNaN(found.gradNorm)) expect(found.gradNorm).toBeCloseTo(expected.gradNorm, digits);
    await expectAlike(batch);
  });

  it.skipIf(real !== undefined)('takes one step for each update, and leaves nothing behind', async () => {
    const { log, checkpoints } = fake as FakeServer;
    expect(log.of('optimStep')).toHaveLength(7);
    await Promise.all([there.release(), here.release()]);
    expect(checkpoints).toEqual([]);
    expect(log.rollbacks()).toEqual([]);
    expect(log.wrongSamples()).toEqual([]);
  });
});

/** What a real server begins an adapter of this seed with, by its archive of one that was never trained. */
async function firstAdapters<T>(
  { baseUrl, loraRank: rank, loraSeed: seed }: TinkerSettings,
  read: (folder: string) => Promise<T>,
): Promise<T> {
  const client = new PlainClient(baseUrl);
  const served = await client.call('GET', '/get_server_capabilities');
  const base_model = served.body.supported_models[0].model_name as string;
  const model = await client.model(rank, { base_model, lora_config: { rank, seed } });
  await client.ask('/save_weights_for_sampler', model, { path: 'first' });
  const archive = await fetch(`${baseUrl}/api/v1/training_runs/${model}/checkpoints/first/archive`);
  if (!archive.ok) throw new Error(`no archive: ${archive.status} ${await archive.text()}`);
  const folder = await mkdtemp(join(tmpdir(), 'soar-first-adapters-'));
  try {
    execFileSync('tar', ['xz', '-C', folder], { input: Buffer.from(await archive.arrayBuffer()) });
    return await read(folder);
  } finally {
    await rm(folder, { recursive: true });
    await client.result(await client.post('/unload_model', { model_id: model }));
  }
}
