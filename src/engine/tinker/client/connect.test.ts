import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Notice, Stoppable } from './client.js';
import { type ConnectOptions, connect } from './connect.js';
import { zstdAvailable } from './connection.js';
import { coded } from './scripted/rig.js';
import { byPath, ScriptedServer, type Step } from './scripted/scripted-server.js';
import { SwiftClock } from './scripted/swift-clock.js';

const defaults = {
  'POST /client/config': { json: { pjwt_auth_enabled: false } },
  'POST /create_session': { json: { type: 'create_session', session_id: 'session_1' } },
  'POST /session_heartbeat': { json: { type: 'session_heartbeat' } },
};

async function connected(script: Parameters<typeof byPath>[0] = {}, options: Partial<ConnectOptions> = {}) {
  const server = await ScriptedServer.start(byPath({ ...defaults, ...script }));
  onTestFinished(() => server.close());
  const notices: Notice[] = [];
  const clock = new SwiftClock();
  const notice = (one: Notice) => notices.push(one);
  const client = connect({ baseUrl: server.url, apiKey: '', notice, clock, ...options });
  return { server, notices, clock, client };
}

const environment = process.env.TINKER_API_KEY;
afterEach(() => {
  if (environment === undefined) delete process.env.TINKER_API_KEY;
  else process.env.TINKER_API_KEY = environment;
});

it('asks once what the server has, and a caller that gives up takes it from nobody', async () => {
  let answer: (step: Step) => void = () => {};
  const asked = () => new Promise<Step>((resolve) => (answer = resolve));
  const { client, server } = await connected({ 'GET /get_server_capabilities': asked });
  const connection = await client;
  const capabilities = (options?: Stoppable) => connection.capabilities(options);
  const first = new AbortController();
  const [leaving, staying] = [capabilities(first), capabilities()];
  await expect.poll(() => server.to('/get_server_capabilities').length).toBe(1);
  first.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  answer({ json: { supported_models: [{ model_name: 'm' }] } });
  expect(await staying).toEqual(await capabilities());
  expect(server.to('/get_server_capabilities')).toHaveLength(1);
});

describe('connect', () => {
  it('takes the server’s configuration, and the official client’s defaults for what it does not say', async () => {
    const { client } = await connected({ 'POST /client/config': { json: { fwdbwd_max_chunk_len: 7, unknown: 1 } } });
    const { config, form, compression } = await client;
    expect(config).toMatchObject({ fwdbwd_max_chunk_len: 7, fwdbwd_max_chunk_bytes_count: 5_000_000 });
    expect([form, compression]).toEqual(['json', 'none']);
  });

  it('speaks protobuf where the server does or it is told to, and compresses where both sides can', async () => {
    const told = await connected({}, { form: 'protobuf' });
    expect((await told.client).form).toBe('protobuf');
    const offered = { json: { proto_write_fwdbwd: true, proto_compress_fwdbwd: true } };
    const { client, notices } = await connected({ 'POST /client/config': offered });
    expect((await client).form).toBe('protobuf');
    expect((await client).compression).toBe(zstdAvailable ? 'zstd' : 'none');
    expect(notices.map(({ kind }) => kind)).toEqual(zstdAvailable ? [] : ['uncompressed']);
  });

  it('takes the key from the environment', async () => {
    process.env.TINKER_API_KEY = 'tml-from-environment';
    const server = await ScriptedServer.start(byPath(defaults));
    await connect({ baseUrl: server.url });
    expect(server.requests[0]!.headers['x-api-key']).toBe('tml-from-environment');
    await server.close();
  });

  it('waits 15 s for a server that is not there, not five minutes', async () => {
    const server = await ScriptedServer.start(byPath({}));
    await server.close();
    const clock = new SwiftClock();
    await expect(connect({ baseUrl: server.url, clock })).rejects.toEqual(coded('TINKER_UNREACHABLE'));
    expect(clock.slept).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('knows a web server that is none of Tinker’s', async () => {
    const { client } = await connected({ 'POST /client/config': { status: 404, text: '<html>' } });
    await expect(client).rejects.toEqual(coded('TINKER_WRONG_SERVER'));
    const page = await connected({ 'POST /client/config': { text: '<html>' } });
    await expect(page.client).rejects.toEqual(coded('TINKER_ANSWER'));
  });

  it('gets along with a server that has no configuration to give', async () => {
    const { client } = await connected({
      'POST /client/config': { status: 404, json: { detail: 'Not Found' } },
      'GET /get_server_capabilities': { json: { supported_models: [] } },
    });
    expect((await client).config.fwdbwd_max_chunk_len).toBe(1024);
  });

  it('tells an expired key', async () => {
    const { client } = await connected({ 'POST /client/config': { status: 401, json: { detail: 'expired' } } });
    await expect(client).rejects.toEqual(coded('TINKER_UNAUTHORIZED'));
  });
});

describe('a client', () => {
  it('opens a session that lives by heartbeats, and closes it', async () => {
    const { client, server, notices } = await connected({
      'POST /create_session': { json: { session_id: 'session_1', info_message: 'hello', warning_message: null } },
    });
    const session = await (await client).openSession({ tags: ['soar'], userMetadata: { run: 'a' } });
    expect(session.id).toBe('session_1');
    const { sdk_version, ...body } = server.to('/create_session')[0]!.json;
    expect(body).toEqual({ tags: ['soar'], user_metadata: { run: 'a' } });
    expect(sdk_version).toMatch(/^\d+\.\d+\.\d+/);
    expect(notices).toEqual([{ kind: 'server', text: 'hello' }]);
    await (await client).close();
    expect(session.state).toBe('closed');
  });

  it('passes on why a session is refused', async () => {
    const { client } = await connected({
      'POST /create_session': { json: { session_id: 's', error_message: 'please upgrade' } },
    });
    await expect((await client).openSession()).rejects.toThrow('please upgrade');
  });

  it('asks for capabilities once, and again after a failure', async () => {
    const { client, server } = await connected({
      'GET /get_server_capabilities': [
        { status: 422, json: {} },
        { json: { supported_models: [{ model_name: 'm' }] } },
      ],
    });
    const one = await client;
    await expect(one.capabilities()).rejects.toEqual(coded('TINKER_REFUSED'));
    await one.capabilities();
    expect((await one.capabilities()).supported_models).toEqual([{ model_name: 'm' }]);
    expect(server.to('/get_server_capabilities')).toHaveLength(2);
  });

  it('deletes checkpoints by their path', async () => {
    const gone = { status: 404, json: { detail: 'Checkpoint not found' } };
    const { client } = await connected({
      'DELETE /training_runs/model_1/checkpoints/sampler_weights/ss0_seq1': [{ status: 204, text: '' }, gone],
    });
    const one = await client;
    const path = 'tinker://model_1/sampler_weights/ss0_seq1';
    expect([await one.deleteCheckpoint(path), await one.deleteCheckpoint('tinker://model_1/ss0_seq1')]).toEqual([
      true,
      false,
    ]);
    await expect(one.deleteCheckpoint('ss0_seq1')).rejects.toEqual(coded('TINKER_PATH'));
  });

  it('reads checkpoints, runs and weights', async () => {
    const checkpoint = {
      checkpoint_id: 'a',
      checkpoint_type: 'training',
      time: 't',
      tinker_path: 'tinker://m/weights/a',
    };
    const { client } = await connected({
      'GET /training_runs/m/checkpoints': { json: { checkpoints: [checkpoint] } },
      'GET /training_runs/m': { json: { training_run_id: 'm', base_model: 'b', lora_rank: 8 } },
      'POST /weights_info': { json: { base_model: 'b', is_lora: true, lora_rank: 8 } },
      'GET /healthz': { json: { status: 'ok' } },
    });
    const one = await client;
    expect(await one.checkpoints('m')).toEqual([checkpoint]);
    expect((await one.trainingRun('m')).lora_rank).toBe(8);
    expect((await one.weightsInfo('tinker://m/weights/a')).is_lora).toBe(true);
    expect(await one.health()).toBe('ok');
  });

  it('waits for what another process was promised', async () => {
    const { client, server } = await connected({ 'POST /retrieve_future': { json: { metrics: { norm: 2 } } } });
    expect(await (await client).result('optimStep', '77')).toEqual({ metrics: { norm: 2 } });
    expect(server.to('/retrieve_future')[0]!.json.request_id).toBe('77');
  });
});
