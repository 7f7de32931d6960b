import { describe, expect, it } from 'vitest';
import { coded, promise, type RigOptions, rig } from './scripted/rig.js';
import type { Request, Step } from './scripted/scripted-server.js';

const base = 'tiny/llama';
const capabilities = { json: { supported_models: [{ model_name: base }] } };
const created = (id: string) => ({ json: { model_id: id, request_id: '1', base_model: base, status: 'created' } });
const made = (id: string, rank = 8) => ({ json: { model_id: id, base_model: base, lora_config: { rank, alpha: 32 } } });
const run = (id: string, more: object = {}) => ({
  training_run_id: id,
  base_model: base,
  lora_rank: 8,
  last_request_time: '2026-01-01T12:00:05',
  user_metadata: null,
  ...more,
});
const runs = (...all: object[]): Step => ({
  json: { training_runs: all, cursor: { offset: 0, limit: 100, total_count: all.length } },
});

function opened(
  script: Record<string, Step | readonly Step[] | ((request: Request) => Step)>,
  options: RigOptions = {},
) {
  return rig(
    {
      'GET /get_server_capabilities': { ...capabilities, headers: { date: 'Thu, 01 Jan 2026 12:00:00 GMT' } },
      'POST /retrieve_future': made('model_2'),
      'POST /unload_model': { json: { request_id: '9', model_id: 'x' } },
      ...script,
    },
    options,
  );
}

describe('createModel', () => {
  it('names base, rank and seed, and waits until the model is ready', async () => {
    const { session, server } = await opened({ 'POST /create_model': created('model_2') });
    const model = await session.createModel({ baseModel: base, rank: 8, seed: 4 });
    expect([model.id, model.nextSequence]).toEqual(['model_2', 1]);
    const { user_metadata, ...body } = server.to('/create_model')[0]!.json;
    expect(body).toEqual({
      session_id: 'session_1',
      base_model: base,
      lora_config: { rank: 8, seed: 4 },
      model_seq_id: 0,
    });
    expect(user_metadata.request).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses a base model that the server does not have: some would train another under its name', async () => {
    const { session, server } = await opened({});
    const failure = session.createModel({ baseModel: 'other', rank: 8 });
    await expect(failure).rejects.toEqual(coded('TINKER_BASE_MODEL'));
    await expect(failure).rejects.toMatchObject({ remedy: 'it has tiny/llama' });
    expect(server.to('/create_model')).toHaveLength(0);
  });

  it('refuses a model of another rank', async () => {
    const { session } = await opened({ 'POST /create_model': created('m'), 'POST /retrieve_future': made('m', 4) });
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toEqual(coded('TINKER_RANK'));
  });

  it('passes on why the server makes none', async () => {
    const full = { status: 400, json: { detail: 'Maximum number of LoRA adapters (20) reached' } };
    const { session } = await opened({ 'POST /create_model': created('m'), 'POST /retrieve_future': full });
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toThrow('Maximum number of LoRA adapters');
  });
});

describe('createModel after a lost answer', () => {
  const lost = { 'POST /create_model': ['drop', created('model_2')] as const };

  it('makes another where there is no unknown model', async () => {
    const old = run('model_old', { last_request_time: '2026-01-01T11:59:59' });
    const others = [run('m3', { base_model: 'other' }), run('m4', { lora_rank: 4 })];
    const { session, server } = await opened({ ...lost, 'GET /training_runs': runs(old, ...others) });
    expect((await session.createModel({ baseModel: base, rank: 8 })).id).toBe('model_2');
    expect(server.to('/unload_model')).toHaveLength(0);
    expect(server.to('/create_model').map(({ json }) => json.model_seq_id)).toEqual([0, 1]);
  });

  it('looks for a while, and reads every page', async () => {
    const page = ({ query }: Request): Step => ({
      json: {
        training_runs: query.offset === '100' && late++ > 0 ? [run('model_orphan')] : [run('m3', { lora_rank: 4 })],
        cursor: { offset: Number(query.offset), limit: 100, total_count: 101 },
      },
    });
    let late = 0;
    const { session, server } = await opened({ ...lost, 'GET /training_runs': page }, { exclusive: true });
    await session.createModel({ baseModel: base, rank: 8 });
    expect(server.to('/training_runs').map(({ query }) => query.offset)).toEqual(['0', '100', '0', '100']);
    expect(server.to('/unload_model').map(({ json }) => json.model_id)).toEqual(['model_orphan']);
  });

  it('stops where an unknown model may be it or somebody else’s', async () => {
    const { session, server } = await opened({ ...lost, 'GET /training_runs': runs(run('model_7')) });
    const failure = session.createModel({ baseModel: base, rank: 8 });
    await expect(failure).rejects.toEqual(coded('TINKER_CREATE_UNKNOWN'));
    await expect(failure).rejects.toThrow('model_7 may be it');
    expect(server.to('/unload_model')).toHaveLength(0);
  });

  it.each([
    ['it bears our mark', (body: { user_metadata: object }) => run('model_7', { user_metadata: body.user_metadata })],
    ['it bears our name', () => run('session_1:train:0')],
  ])('releases it where %s, leaves others alone, and makes another', async (_, orphan) => {
    let body: { user_metadata: object } | undefined;
    const { session, server } = await opened({
      'POST /create_model': ({ json }) => {
        if (body) return created('model_2');
        body = json;
        return 'drop';
      },
      'GET /training_runs': () => runs(run('model_foreign'), orphan(body!)),
    });
    expect((await session.createModel({ baseModel: base, rank: 8 })).id).toBe('model_2');
    const { training_run_id } = orphan(body!);
    expect(server.to('/unload_model').map(({ json }) => json.model_id)).toEqual([training_run_id]);
  });

  it('does not take models of this client for it', async () => {
    const { session } = await opened({
      'POST /create_model': [created('model_1'), 'drop', created('model_2')],
      'POST /retrieve_future': [made('model_1'), made('model_2')],
      'GET /training_runs': runs(run('model_1')),
    });
    await session.createModel({ baseModel: base, rank: 8 });
    expect((await session.createModel({ baseModel: base, rank: 8 })).id).toBe('model_2');
  });

  it('gives up after three', async () => {
    const { session, server } = await opened({ 'POST /create_model': 'drop', 'GET /training_runs': runs() });
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toEqual(coded('TINKER_UNCERTAIN'));
    expect(server.to('/create_model')).toHaveLength(3);
  });
});

describe('a session', () => {
  it('sends creations one at a time, and their results are waited for side by side', async () => {
    let open = 0;
    let id = 0;
    const { session } = await opened({
      'POST /create_model': () => {
        expect(open++).toBe(0);
        setImmediate(() => open--);
        return created(`model_${++id}`);
      },
    });
    await Promise.all(Array.from({ length: 5 }, () => session.createModel({ baseModel: base, rank: 8 })));
  });

  it('unloads all its models when it closes, attached ones too, and takes no more', async () => {
    const { session, server } = await opened({ 'POST /create_model': created('model_2') });
    const model = await session.createModel({ baseModel: base, rank: 8 });
    session.attachModel('model_5', { nextSequence: 12 });
    await (await session.createModel({ baseModel: base, rank: 8 })).unload();
    expect(model.id).toBe('model_2');
    await session.close();
    await session.close();
    expect(server.to('/unload_model').map(({ json }) => json.model_id)).toEqual(['model_2', 'model_5']);
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toEqual(coded('TINKER_CLOSED'));
  });

  it('attaches to a model where another process stopped', async () => {
    const { session, server } = await opened({
      'POST /optim_step': promise('1'),
      'POST /retrieve_future': { json: {} },
    });
    const model = session.attachModel('model_5', { nextSequence: 12 });
    await model.optimStep({ learningRate: 1 });
    expect(server.to('/optim_step')[0]!.json).toMatchObject({ model_id: 'model_5', seq_id: 12 });
  });

  it('that the server lost takes no more models', async () => {
    const { session } = await opened({});
    session.state = 'unkept';
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toEqual(coded('TINKER_HEARTBEATS'));
    session.state = 'lost';
    await expect(session.createModel({ baseModel: base, rank: 8 })).rejects.toEqual(coded('TINKER_SESSION_LOST'));
    await expect(session.openSampler({ baseModel: base })).rejects.toEqual(coded('TINKER_SESSION_LOST'));
  });

  it('opens samplers of the base model', async () => {
    const { session, server } = await opened({
      'POST /create_sampling_session': { json: { sampling_session_id: 's' } },
    });
    expect((await session.openSampler({ baseModel: base })).id).toBe('s');
    expect(server.to('/create_sampling_session')[0]!.json).toEqual({
      session_id: 'session_1',
      sampling_session_seq_id: 0,
      base_model: base,
    });
  });
});
