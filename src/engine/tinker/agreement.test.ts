/** The same batches give the same updates on every kind of server: those of the reference engine with an adapter of the same shape. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loraTargets } from '../../checkpoints/lora.js';
import { mixedBatch } from '../conformance/batches.js';
import { sequenceOf } from '../conformance/texts.js';
import { writeTinyModels } from '../conformance/tiny-model.js';
import type { Engine, OptimizerStep, Policy, TrainingBatch } from '../engine.js';
import { createReferenceEngine } from '../reference/reference-engine.js';
import { openTinkerEngine } from './engine.js';
import { profileNames } from './profiles/profile.js';
import { tinkerSettings } from './settings.js';
import { type FakeServer, startFakeServer } from './testing/fake-server.js';
import { profiles } from './testing/profile.js';

const asked: OptimizerStep = {
  learningRate: 0.02,
  beta1: 0.8,
  beta2: 0.97,
  epsilon: 1e-4,
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

describe.each(profileNames)('an update on %s', (name) => {
  // First weights of adapters by themselves, as the reference engine's, and not by a seed.
  const server = { ...profiles[name], seeded: false };
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  let fake: FakeServer;
  let remote: Engine;
  let local: Engine;
  let here: Policy;
  let there: Policy;
  beforeAll(async () => {
    models = await writeTinyModels();
    const folder = models.folder('untied');
    fake = await startFakeServer({ profile: server, model: { folder } });
    const allowIgnored = ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'];
    remote = await openTinkerEngine(
      tinkerSettings.parse({ kind: 'tinker', baseUrl: fake.url, loraRank: 4, profile: name, allowIgnored }),
    );
    local = createReferenceEngine({ lora: { rank: 4, alpha: server.alpha, targets: [...loraTargets] } });
    [here, there] = [await local.open({ folder }), await remote.open({ folder })];
  });
  afterAll(async () => {
    await remote.close();
    await fake.close();
    await models.remove();
  });

  const expectAlike = async (batch: TrainingBatch) => {
    const texts = [...batch.sequences, sequenceOf(here, 'cab?', 'hgf='), sequenceOf(here, '', 'bcdefgh=a.')];
    const [expected, found] = [await here.logprobs(texts), await there.logprobs(texts)];
    for (const [i, row] of expected.entries()) {
      for (const [t, logp] of row.entries()) expect(Math.abs((found[i] as Float32Array)[t] - logp)).toBeLessThan(1e-5);
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
    expect(found.loss).toBeCloseTo(expected.loss, 4);
    expect([found.tokensTrained, found.tokensSkipped]).toEqual([expected.tokensTrained, expected.tokensSkipped]);
    for (const key of ['klSampler', 'klReference'] as const) {
      if (Number.isNaN(expected[key])) expect(found[key]).toBeNaN();
      else expect(found[key]).toBeCloseTo(expected[key], 4);
    }
    const whole = sequences.reduce((sum, { tokens }) => sum + tokens.length, 0);
    if (beta > 0) expect(found.tokensRead).toBe(whole);
    else if (objective === 'policy-gradient' && name !== 'twinkle') expect(found.tokensRead).toBe(0);
    if (!Number.isNaN(found.gradNorm)) expect(found.gradNorm).toBeCloseTo(expected.gradNorm, 4);
    await expectAlike(batch);
  });

  it('takes one step for each update, and leaves nothing behind', async () => {
    expect(fake.log.of('optimStep')).toHaveLength(7);
    await Promise.all([there.release(), here.release()]);
    expect(fake.checkpoints).toEqual([]);
    expect(fake.log.rollbacks()).toEqual([]);
    expect(fake.log.wrongSamples()).toEqual([]);
  });
});
