/** The seam's conformance suite over HTTP, against the fake server in every profile of the real ones. */
import { afterAll } from 'vitest';
import { describeEngine } from '../conformance/suite.js';
import { type TinyModelName, writeTinyModels } from '../conformance/tiny-model.js';
import { openTinkerEngine } from './engine.js';
import type { ProfileName } from './profiles/profile.js';
import { tinkerSettings } from './settings.js';
import { type FakeServer, startFakeServer } from './testing/fake-server.js';
import { profiles, type ServerProfile } from './testing/profile.js';

const servers: FakeServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function under(profile: ProfileName, server: ServerProfile): Promise<void> {
  const byModel = new Map<TinyModelName, Promise<FakeServer>>();
  const serverOf = (model: TinyModelName, folder: string) => {
    const started = byModel.get(model) ?? startFakeServer({ profile: server, model: { folder } });
    byModel.set(model, started);
    void started.then((one) => servers.push(one));
    return started;
  };
  const open = async (url: string) =>
    openTinkerEngine(
      tinkerSettings.parse({
        kind: 'tinker',
        baseUrl: url,
        loraRank: 4,
        profile,
        allowIgnored: ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
      }),
    );
  const make = async (model: TinyModelName, folder: string) => open((await serverOf(model, folder)).url);
  const models = await writeTinyModels();
  const first = await startFakeServer({ profile: server, model: { folder: models.folder('untied') } });
  const { capabilities, close } = await open(first.url);
  await close();
  await first.close();
  await models.remove();
  describeEngine(`tinker (${server.name})`, { make, capabilities, oneModelEach: true });
}

await under('skyrl-jax', profiles['skyrl-jax']);
await under('skyrl-megatron', profiles['skyrl-megatron']);
await under('twinkle', profiles.twinkle);
await under('hosted', profiles.hosted);
