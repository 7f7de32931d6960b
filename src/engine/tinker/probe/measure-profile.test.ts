/** What a probe measures is what the server was made to do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { connect } from '../client/index.js';
import { profileNames, profiles, type TinkerProfile } from '../profiles/profile.js';
import { startFakeServer } from '../testing/fake-server.js';
import { type ServerProfile, profiles as servers } from '../testing/profile.js';
import { type Measured, measureProfile } from './measure-profile.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
beforeAll(async () => {
  models = await writeTinyModels();
});
afterAll(() => models.remove());

async function measured(profile: ServerProfile): Promise<Measured & { requests: number; left: number }> {
  const server = await startFakeServer({ profile, model: { folder: models.folder('untied') }, baseModel: 'tiny' });
  const client = await connect({ baseUrl: server.url, patience: { failing: 500 } });
  try {
    const session = await client.openSession();
    const found = await measureProfile({ client, session, baseModel: 'tiny', rank: 4 });
    const left = server.loaded.length + server.checkpoints.length;
    return { ...found, requests: server.log.operations.length, left };
  } finally {
    await client.close();
    await server.close();
  }
}

describe('a probe', () => {
  it.each(profileNames)(
    'of a server like %s finds its profile, with few requests, and leaves nothing there',
    async (name) => {
      const { profile, requests, left } = await measured(servers[name]);
      expect(profile).toEqual(profiles[name]);
      // 54, 43, 68 and 52.
      expect(requests).toBeLessThan(70);
      expect(left).toBe(0);
    },
  );

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

  it('takes no side where nothing shows how losses are normalised', async () => {
    const silent = { ...servers['skyrl-megatron'], saysNorm: false };
    await expect(measured(silent)).rejects.toMatchObject({ code: 'TINKER_PROFILE', remedy: expect.any(String) });
  });
});
