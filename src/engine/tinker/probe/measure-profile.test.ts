/** What a probe measures is what the server was made to do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { connect } from '../client/index.js';
import { type ProfileName, profileNames, profiles, type TinkerProfile } from '../profiles/profile.js';
import { startFakeServer } from '../testing/fake-server.js';
import { type FaultPlan, noFaults } from '../testing/fault-plan.js';
import { type ServerProfile, profiles as servers } from '../testing/profile.js';
import { lossRules } from './loss-rules.js';
import { type Measured, measureProfile } from './measure-profile.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
beforeAll(async () => {
  models = await writeTinyModels();
});
afterAll(() => models.remove());

interface Found extends Measured {
  /** Carried out by the server, but for letting adapters go. */
  readonly operations: number;
  readonly refused: number;
}

/** Adapters and checkpoints on the server of the last probe, after it. */
let left = 0;

async function measured(
  profile: ServerProfile,
  model: Parameters<typeof models.folder>[0] = 'untied',
  faults = noFaults,
): Promise<Found> {
  const server = await startFakeServer({ profile, faults, model: { folder: models.folder(model) }, baseModel: 'tiny' });
  const client = await connect({ baseUrl: server.url, patience: { failing: 500 } });
  try {
    const session = await client.openSession();
    const found = await measureProfile({ client, session, baseModel: 'tiny', rank: 4 });
    const asked = server.log.operations.filter(({ kind, request }) => request !== undefined && kind !== 'unloadModel');
    const refused = asked.filter(({ failed }) => failed !== undefined).length;
    return { ...found, operations: asked.length - refused, refused };
  } finally {
    left = server.loaded.length + server.checkpoints.length;
    await client.close();
    await server.close();
  }
}

/** As docs/cluster.md states them. */
const operations = { 'skyrl-jax': 20, 'skyrl-megatron': 20, twinkle: 19, hosted: 20 };

describe('a probe', () => {
  it.each(profileNames)(
    'of a server like %s finds its profile, with few requests, and leaves nothing there',
    async (name) => {
      const found = await measured(servers[name]);
      expect(found.profile).toEqual(profiles[name]);
      expect([found.operations, left]).toEqual([operations[name], 0]);
      // The base model, where it cannot be sampled.
      expect(found.refused).toBe(name === 'skyrl-megatron' ? 1 : 0);
    },
  );

  it.each(profileNames)('of a server like %s finds the same where gradients are twenty times as long', async (name) => {
    expect((await measured(servers[name], 'tied')).profile).toEqual(profiles[name]);
  });

  it('finds every rule of normalisation, by norms and by steps', async () => {
    for (const kind of [servers['skyrl-jax'], servers.hosted, servers.twinkle]) {
      for (const { clipsRatios, ...loss } of lossRules) {
        // Where no weights are taken there is nothing that they could be.
        if (loss.weights === 'mask' && kind.strictBodies) continue;
        const { profile } = await measured({ ...kind, loss: { ...loss, ...(clipsRatios && { importanceClip: 0.2 }) } });
        const weights = loss.overTokens === 'mean' ? profile.loss.weights : loss.weights;
        expect([kind.name, profile.loss]).toEqual([kind.name, { ...loss, weights, clipsRatios }]);
      }
    }
  }, 120_000);

  it.each<[string, ServerProfile, Partial<ServerProfile>, Partial<TinkerProfile>]>([
    ['leaked gradients', servers['skyrl-megatron'], { gradientsOutliveUnload: true }, { gradientsOutliveModel: true }],
    ['no leaked gradients', servers['skyrl-jax'], { gradientsOutliveUnload: false }, { gradientsOutliveModel: false }],
    ['repetitions done again', servers['skyrl-jax'], { numbered: [] }, { knowsRepetitions: false }],
    ['repetitions recognised', servers.twinkle, { numbered: ['passes'] }, { knowsRepetitions: true }],
    ['a load that is undone', servers.hosted, { weightsOnlyLoadUndone: true }, { weightsOnlyLoad: 'undone' }],
    ['a shared slot', servers.hosted, { snapshots: 'shared-slot' }, { snapshots: 'live' }],
    [
      'no clipping and an undone load',
      servers.hosted,
      { honours: servers['skyrl-jax'].honours, weightsOnlyLoadUndone: true },
      { fixedOptimizer: { maxGradNorm: 0 }, weightsOnlyLoad: 'undone' },
    ],
  ])('sees %s on a server that is else as known', async (_, kind, change, expected) => {
    const { profile } = await measured({ ...kind, ...change });
    expect(profile).toEqual({ ...profiles[kind.name as ProfileName], ...expected });
  });

  it.each<[string, Partial<ServerProfile>, Partial<TinkerProfile>]>([
    ['a mended weights-only load', { weightsOnlyLoadUndone: false }, { weightsOnlyLoad: 'holds' }],
    ['base sampling', { baseSampling: true }, { baseSampling: true }],
    ['no seeds', { seededSamples: false }, { seededSamples: false }],
    ['no prompt log-probabilities', { promptLogprobs: 'none' }, { promptLogprobs: 'none' }],
    ['an optimizer that listens', { honours: servers.hosted.honours }, { fixedOptimizer: {} }],
    [
      'an optimizer that listens, but does not clip',
      { honours: servers['skyrl-jax'].honours },
      { fixedOptimizer: { maxGradNorm: 0 } },
    ],
  ])('sees %s on a server that is else like Megatron', async (_, change, expected) => {
    const configured = { ...servers['skyrl-megatron'].configured, grad_clip_norm: 0 };
    const { profile } = await measured({ ...servers['skyrl-megatron'], configured, ...change });
    expect(profile).toMatchObject({ ...profiles['skyrl-megatron'], ...expected });
    expect(profile.fixedOptimizer).toEqual(expected.fixedOptimizer ?? profiles['skyrl-megatron'].fixedOptimizer);
  });

  it('that a broken connection cuts off concludes nothing, says so and leaves nothing there', async () => {
    const plan: FaultPlan = {
      name: 'an answer is lost',
      faults: [{ call: 'optimStep', nth: 1, happening: { what: 'drop', applied: true } }],
    };
    await expect(measured(servers['skyrl-jax'], 'untied', plan)).rejects.toMatchObject({
      code: 'TINKER_UNCERTAIN',
      message: expect.stringContaining('the probe was cut off'),
      remedy: expect.stringContaining('measure again'),
    });
    expect(left).toBe(0);
  });

  it('takes no side where nothing shows how losses are normalised', async () => {
    const silent = { ...servers['skyrl-megatron'], saysNorm: false };
    await expect(measured(silent)).rejects.toMatchObject({ code: 'TINKER_PROFILE', remedy: expect.any(String) });
    expect(left).toBe(0);
  });
});
