/** What a dead process left on the server is found and freed by the next one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixedBatch } from '../conformance/batches.js';
import { writeTinyModels } from '../conformance/tiny-model.js';
import { openTinkerEngine } from './engine.js';
import { leftBehind, type TinkerJournal, type TinkerRecord } from './journal.js';
import { tinkerSettings } from './settings.js';
import { startFakeServer } from './testing/fake-server.js';
import { profiles } from './testing/profile.js';

const step = { learningRate: 0.02, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };

/** Records of one process; the next one finds them. */
const processOf = (all: TinkerRecord[]): TinkerJournal => ({
  past: [...all],
  record: async (entry) => {
    all.push(entry);
  },
});

describe('after a process died', () => {
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  beforeAll(async () => {
    models = await writeTinyModels();
  });
  afterAll(() => models.remove());

  it.each(['skyrl-jax', 'hosted'] as const)(
    'on %s: adapters and snapshots go, checkpoints that are named stay',
    async (name) => {
      const folder = models.folder('untied');
      const server = await startFakeServer({ profile: profiles[name], model: { folder } });
      const settings = tinkerSettings.parse({ kind: 'tinker', baseUrl: server.url, loraRank: 4, profile: name });
      const records: TinkerRecord[] = [];
      const dead = await openTinkerEngine(settings, processOf(records));
      const base = await dead.open({ folder });
      const [kept, lost] = [await base.fork(), await base.fork()];
      const batch = await mixedBatch(base, 'policy-gradient', 0);
      for (const policy of [kept, lost]) {
        await policy.update(batch, step);
        await policy.sample([base.tokenizer.encode('ab')], {
          samplesPerPrompt: 1,
          maxNewTokens: 2,
          temperature: 1,
          stopTokens: [],
          seed: 's',
        });
      }
      const [state] = [await kept.save(), await lost.save()];
      expect(server.loaded).toHaveLength(2);
      expect(server.checkpoints).toHaveLength(4);

      const next = processOf(records);
      const alive = await openTinkerEngine(settings, next);
      expect(server.loaded).toEqual([]);
      expect(records.at(-1)).toEqual({
        event: 'recovered',
        adapters: 2,
        steps: 2,
        tokens: 2 * batch.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0),
      });
      await alive.retain?.([state]);
      expect(server.checkpoints).toEqual([String(state.facts.checkpoint).replace('tinker://', '')]);

      const policy = await alive.open({ folder });
      await policy.load(state);
      expect(await policy.save()).toEqual(state);
      await alive.retain?.([]);
      expect(server.checkpoints).toHaveLength(1);
      await policy.release();
      expect(server.checkpoints).toEqual([]);
      await expect((await alive.open({ folder })).load(state)).rejects.toMatchObject({
        code: 'TINKER_CHECKPOINT_LOST',
      });
      await alive.close();
      await dead.close();
      await server.close();
    },
  );

  it('a promise of an adapter is looked up, whatever became of it', () => {
    const left = leftBehind([
      { event: 'creating', request: '1' },
      { event: 'created', request: '1', adapter: 'a' },
      { event: 'creating', request: '2' },
      { event: 'stepped', adapter: 'a', sequence: 2, tokens: 70 },
      { event: 'stepped', adapter: 'a', sequence: 4, tokens: 5 },
      { event: 'created', request: '3', adapter: 'b' },
      { event: 'stepped', adapter: 'b', sequence: 2, tokens: 1000 },
      { event: 'released', adapter: 'b' },
      { event: 'saving', checkpoint: 'x' },
      { event: 'saving', checkpoint: 'y' },
      { event: 'deleted', checkpoint: 'x' },
    ]);
    expect(left).toEqual({ adapters: ['a'], requests: ['2'], checkpoints: ['y'], steps: 2, tokens: 75 });
  });
});

describe('wrong input', () => {
  it('is a coded error that says nothing of the key', async () => {
    const models = await writeTinyModels();
    const server = await startFakeServer({
      profile: profiles.hosted,
      model: { folder: models.folder('untied') },
      apiKey: 'tml-secret',
    });
    const open = (changes: object, apiKey = 'tml-secret') =>
      openTinkerEngine(tinkerSettings.parse({ kind: 'tinker', baseUrl: server.url, ...changes }), undefined, {
        apiKey,
      });
    const refused = async (opening: Promise<unknown>, code: string) => {
      const error = await opening.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: 'SoarError', code, remedy: expect.any(String) });
      expect(`${error}${JSON.stringify(error)}`).not.toContain('tml-');
    };
    await refused(open({}, 'tml-expired'), 'TINKER_UNAUTHORIZED');
    await refused(open({ model: 'another' }), 'TINKER_BASE_MODEL');
    await refused(open({ loraRank: 6, profile: 'hosted' }), 'TINKER_RANK');
    await refused(open({ loraRank: 256 }), 'TINKER_RANK');
    await refused(open({ baseUrl: 'http://198.51.100.1:8000' }), 'TINKER_INSECURE');
    await refused(open({ baseUrl: 'ftp://127.0.0.1' }), 'TINKER_BASE_URL');
    await server.close();
    await models.remove();
  });

  it('more policies than the server has places is one', async () => {
    const models = await writeTinyModels();
    const folder = models.folder('untied');
    const server = await startFakeServer({ profile: { ...profiles['skyrl-jax'], maxAdapters: 1 }, model: { folder } });
    const settings = tinkerSettings.parse({ kind: 'tinker', baseUrl: server.url, loraRank: 4, profile: 'skyrl-jax' });
    const engine = await openTinkerEngine(settings);
    const [one, other] = [await engine.open({ folder }), await engine.open({ folder })];
    await one.update({ objective: 'log-likelihood', sequences: [] }, step);
    await expect(other.update({ objective: 'log-likelihood', sequences: [] }, step)).rejects.toMatchObject({
      code: 'TINKER_SLOTS',
    });
    const decaying = one.update({ objective: 'log-likelihood', sequences: [] }, { ...step, weightDecay: 0.1 });
    await expect(decaying).rejects.toMatchObject({ code: 'ENGINE_OPTIMIZER_STEP' });
    await engine.close();
    await server.close();
    await models.remove();
  });
});
