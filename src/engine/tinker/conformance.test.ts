/** The seam's conformance suite over HTTP, against the fake server in every profile of the real ones. */
import { afterAll } from 'vitest';
import { describeEngine } from '../conformance/suite.js';
import { type TinyModelName, writeTinyModels } from '../conformance/tiny-model.js';
import type { Capabilities, Engine } from '../engine.js';
import { openTinkerEngine } from './engine.js';
import type { ProfileName } from './profiles/profile.js';
import { tinkerSettings } from './settings.js';
import { type FakeServer, startFakeServer } from './testing/fake-server.js';
import { profiles, type ServerProfile } from './testing/profile.js';

const servers: FakeServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

const open = async (baseUrl: string, profile: ProfileName | 'auto') =>
  openTinkerEngine(
    tinkerSettings.parse({
      kind: 'tinker',
      baseUrl,
      loraRank: 4,
      profile,
      allowIgnored: ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
    }),
  );

async function capabilitiesOf(engine: Engine): Promise<Capabilities> {
  await engine.close();
  return engine.capabilities;
}

async function under(profile: ProfileName, server: ServerProfile): Promise<void> {
  const byModel = new Map<TinyModelName, Promise<FakeServer>>();
  const serverOf = (model: TinyModelName, folder: string) => {
    const started = byModel.get(model) ?? startFakeServer({ profile: server, model: { folder } });
    byModel.set(model, started);
    void started.then((one) => servers.push(one));
    return started;
  };
  const make = async (model: TinyModelName, folder: string) => open((await serverOf(model, folder)).url, profile);
  const models = await writeTinyModels();
  const first = await startFakeServer({ profile: server, model: { folder: models.folder('untied') } });
  const capabilities = await capabilitiesOf(await open(first.url, profile));
  await first.close();
  await models.remove();
  describeEngine(`tinker (${server.name})`, { make, capabilities, oneModelEach: true });
}

/** A real server, which serves the model that `bench/peers/skyrl-model.mjs` writes: see bench/peers/skyrl.md. */
const { SOAR_TINKER_URL: real } = process.env;
if (real !== undefined) {
  const make = () => open(real, 'auto');
  const capabilities = await capabilitiesOf(await make());
  // It computes requests of several adapters in one batch, as they come: what is summed in which order is not ours to say.
  const rounding = 1e-5;
  describeEngine(`tinker (${real})`, { make, capabilities, oneModelEach: true, models: ['untied'], rounding });
} else {
  await under('skyrl-jax', profiles['skyrl-jax']);
  await under('skyrl-megatron', profiles['skyrl-megatron']);
  await under('twinkle', profiles.twinkle);
  await under('hosted', profiles.hosted);
}
