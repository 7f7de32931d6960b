/** Planned faults happen where they were planned, and do to the server what they say. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModels } from '../../conformance/tiny-model.js';
import { type FakeServer, startFakeServer } from './fake-server.js';
import {
  drawFaultPlan,
  type Fault,
  type Happening,
  mildHappenings,
  plannedCalls,
  printFaultPlan,
} from './fault-plan.js';
import { datum, PlainClient, type Reply } from './plain-client.js';
import { hosted, type ServerProfile, skyrlJax, twinkle } from './profile.js';

let models: Awaited<ReturnType<typeof writeTinyModels>>;
let server: FakeServer;
let client: PlainClient;

const start = async (profile: ServerProfile, faults: readonly Fault[]) => {
  const model = { folder: models.folder('untied') };
  server = await startFakeServer({
    profile,
    model,
    baseModel: 'tiny',
    faults: { name: 'test', faults },
    futureWaitMilliseconds: 200,
  });
  client = new PlainClient(server.url);
};
const planned = (call: Fault['call'], nth: number, happening: Happening): Fault => ({ call, nth, happening });
const text = [0, 1, 2, 9, 3, 4, 5];
const passBody = (model: string, seq_id: number) => ({
  model_id: model,
  seq_id,
  forward_backward_input: { data: [datum(text, 4)], loss_fn: 'cross_entropy' },
});
const stepBody = (model: string, seq_id: number) => ({ model_id: model, seq_id, adam_params: { learning_rate: 0.1 } });
const applied = () => server.log.operations.map(({ kind }) => kind);
const idle = () => new Promise((resolve) => setTimeout(resolve, 60));

beforeAll(async () => {
  models = await writeTinyModels();
});
afterEach(() => server.close());
afterAll(() => models.remove());

describe('a request', () => {
  it.each([
    [{ what: 'drop', applied: false }, undefined, 0],
    [{ what: 'drop', applied: true }, undefined, 1],
    [{ what: 'status', status: 503, applied: false }, 503, 0],
    [{ what: 'status', status: 502, applied: true }, 502, 1],
    [{ what: 'delay', milliseconds: 5 }, 200, 1],
    [{ what: 'busy', requests: 1 }, 429, 0],
  ] as [Happening, number | undefined, number][])(
    '%j: seen as %s, applied %d times',
    async (happening, status, times) => {
      await start(skyrlJax, [planned('optimStep', 1, happening)]);
      const model = await client.model();
      await client.result(await client.post('/optim_step', stepBody(model, 1)));
      const seen = await client.post('/optim_step', stepBody(model, 2)).then(
        (reply) => reply.status,
        () => undefined,
      );
      expect(seen).toBe(status);
      await idle();
      expect(server.log.of('optimStep')).toHaveLength(1 + times);
      expect(server.met).toEqual([planned('optimStep', 1, happening)]);
      // The client's remedy: the same number again.
      await client.result(await client.post('/optim_step', stepBody(model, 2)));
      expect(server.log.of('optimStep')).toHaveLength(2);
      expect(server.log.repeatedSteps()).toEqual([]);
    },
  );

  it('that samples is told to hold back, for as many requests as planned', async () => {
    await start(twinkle, [planned('sample', 0, { what: 'busy', requests: 2 })]);
    const session = await client.snapshot(await client.model());
    const ask = () =>
      fetch(`${server.url}/api/v1/asample`, {
        method: 'POST',
        body: JSON.stringify({
          sampling_session_id: session,
          seq_id: 0,
          prompt: { chunks: [{ tokens: [0] }] },
          sampling_params: { max_tokens: 1 },
        }),
      });
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await ask();
      seen.push([status, headers.get('x-tinker-sampling-backpressure')]);
    }
    expect(seen).toEqual([
      [429, '1'],
      [429, '1'],
      [200, null],
    ]);
  });

  it('that arrives twice is applied twice where nothing tells the two apart', async () => {
    await start(skyrlJax, [
      planned('createModel', 0, { what: 'duplicate', answer: 'second' }),
      planned('optimStep', 0, { what: 'duplicate', answer: 'second' }),
      planned('saveWeights', 0, { what: 'duplicate', answer: 'second' }),
      planned('saveWeights', 1, { what: 'duplicate', answer: 'first' }),
    ]);
    const model = await client.model();
    expect(server.loaded).toHaveLength(2);
    await client.result(await client.post('/optim_step', stepBody(model, 1)));
    expect(server.log.of('optimStep')).toHaveLength(1);
    // The second answer to a save is that it exists.
    expect((await client.post('/save_weights', { model_id: model, path: 'one' })).status).toBe(409);
    expect((await client.post('/save_weights', { model_id: model, path: 'two' })).status).toBe(200);
    await idle();
    expect(server.log.of('saveWeights')).toHaveLength(2);
  });

  it.each([skyrlJax, hosted])('$name: that is overtaken', async (profile) => {
    await start(profile, [planned('forwardBackward', 0, { what: 'overtaken', milliseconds: 2000 })]);
    const model = await client.model();
    const [pass, step] = await Promise.all([
      client.post('/forward_backward', passBody(model, 1)),
      client.post('/optim_step', stepBody(model, 2)),
    ]);
    await Promise.all([client.result(pass), client.result(step)]);
    // By number the order is mended; without, the step had nothing to take.
    const order = applied().slice(1);
    if (profile.order === 'sequence') expect(order).toEqual(['forwardBackward', 'optimStep']);
    expect(server.log.of('optimStep')[0]?.passes).toHaveLength(profile.order === 'sequence' ? 1 : 0);
  });
});

describe('a promise', () => {
  it('that expired is renewed by the same request, and nothing is done again', async () => {
    await start(hosted, [planned('retrieveFuture', 2, { what: 'future-expires' })]);
    const model = await client.model();
    const pass = await client.post('/forward_backward', passBody(model, 1));
    const first = await client.result(pass);
    const lost = await client.post('/retrieve_future', { request_id: pass.body.request_id });
    expect(lost).toEqual({ status: 410, body: { detail: 'The promise has expired' } });
    const again = await client.post('/forward_backward', passBody(model, 1));
    expect(again.body.request_id).not.toBe(pass.body.request_id);
    expect(await client.result(again)).toEqual(first);
    expect(await client.post('/forward_backward', passBody(model, 1))).toEqual(again);
    expect(server.log.of('forwardBackward')).toHaveLength(1);
  });
});

describe('a restart', () => {
  const at = (keeps: 'everything' | 'database' | 'nothing') => [
    planned('optimStep', 0, { what: 'restart', keeps, milliseconds: 250 }),
  ];
  const until = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let i = 0; i < 200; i++) {
      const answer = await ask().catch(() => undefined);
      if (answer) return answer;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('the server stays away');
  };

  it.each(['everything', 'database', 'nothing'] as const)('that keeps %s', async (keeps) => {
    await start(skyrlJax, at(keeps));
    const model = await client.model();
    await client.ask('/save_weights', model, { path: 'one' });
    const pass = await client.post('/forward_backward', passBody(model, 2));
    await client.result(pass);
    await expect(client.post('/optim_step', stepBody(model, 3))).rejects.toThrow();
    await expect(client.post('/session_heartbeat', {})).rejects.toThrow();
    const step = await until(() => client.post('/optim_step', stepBody(model, 3)));
    expect(applied()).toContain('restart');
    if (keeps === 'nothing') {
      expect(step).toEqual({ status: 404, body: { detail: 'Model not found' } });
      expect(server.checkpoints).toEqual([]);
      // Numbers begin again: another database knows nothing of the old promise.
      expect((await client.post('/retrieve_future', { request_id: pass.body.request_id })).status).toBe(404);
      return;
    }
    expect((await client.result(pass)).status).toBe(200);
    expect(server.checkpoints).toEqual([`${model}/weights/one`]);
    const { status, body } = await client.result(step);
    if (keeps === 'everything') expect([status, server.log.of('optimStep')[0]?.passes]).toMatchObject([200, [/./]]);
    else expect(body.detail).toBe(`Model ${model} not loaded (likely stale request from previous server)`);
  });

  it('keeps what was promised and not yet done', async () => {
    await start(skyrlJax, []);
    const model = await client.model();
    server.pause();
    const pass = await client.post('/forward_backward', passBody(model, 1));
    const waiting = client.result(pass).catch(() => 'broken');
    server.restart('everything');
    expect(await waiting).toBe('broken');
    server.resume();
    expect((await client.result(pass)).status).toBe(200);
  });

  it('expired sessions lose their adapters', async () => {
    await start(hosted, [planned('heartbeat', 0, { what: 'sessions-expire' })]);
    const model = await client.model();
    await client.post('/session_heartbeat', { session_id: await client.sessionId() });
    expect(server.loaded).toEqual([]);
    expect((await client.pass(model, [datum(text)])).body.error).toContain('not loaded');
  });
});

describe('a plan', () => {
  it('is fixed by its seed, and printed', async () => {
    await start(skyrlJax, []);
    const shape = { faults: 40, happenings: ['drop', 'busy', 'restart', 'duplicate'] as const };
    expect(drawFaultPlan('7', shape)).toEqual(drawFaultPlan('7', shape));
    expect(drawFaultPlan('7', shape)).not.toEqual(drawFaultPlan('8', shape));
    const { faults } = drawFaultPlan('7', shape);
    expect(new Set(faults.map(({ happening }) => happening.what))).toEqual(new Set(shape.happenings));
    expect(faults.every(({ call, nth }) => plannedCalls.includes(call as never) && nth >= 0 && nth < 12)).toBe(true);
    const plan = { name: 'x', faults: [planned('sample', 3, { what: 'drop', applied: true })] };
    expect(printFaultPlan(plan)).toBe('plan x\n  sample 3: drop applied=true');
  });
});

describe('the server', () => {
  /** Again and again the same, until an answer that is not the fault's. */
  async function persist(send: () => Promise<Reply>): Promise<Reply> {
    for (let i = 0; i < 200; i++) {
      const reply = await send().catch(() => undefined);
      if (reply && ![408, 429, 500, 502, 503, 504].includes(reply.status)) return reply;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error('no answer');
  }

  it.each([skyrlJax, hosted])('$name: outlives any plan, and never makes a numbered step twice', async (profile) => {
    const happenings = [...mildHappenings, 'restart', 'sessions-expire', 'future-expires'] as const;
    let steps = 0;
    for (let seed = 0; seed < 12; seed++) {
      const faults = drawFaultPlan(`outlives/${seed}`, { faults: 8, among: 8, happenings, delay: 4 });
      server = await startFakeServer({
        profile,
        model: { vocabularySize: 20 },
        baseModel: 'tiny',
        faults,
        futureWaitMilliseconds: 5,
      });
      client = new PlainClient(server.url);
      const post = (path: string, body: object) => persist(() => client.post(path, body));
      const settled = async ({ status, body }: Reply) => {
        const ask = () => client.post('/retrieve_future', { request_id: body.request_id });
        let reply: Reply = { status, body };
        for (let i = 0; status === 200 && i < 50 && (i === 0 || reply.body?.type === 'try_again'); i++)
          reply = await persist(ask);
        return reply;
      };
      const { body } = await post('/create_session', { tags: [], sdk_version: '0' });
      const asked = { session_id: body.session_id, base_model: 'tiny', lora_config: { rank: 4 }, model_seq_id: 0 };
      const model = (await settled(await post('/create_model', asked))).body?.model_id ?? 'none';
      for (let i = 0; i < 6; i++) {
        await settled(await post('/forward_backward', passBody(model, 2 * i + 1)));
        await settled(await post('/optim_step', stepBody(model, 2 * i + 2)));
        await post('/session_heartbeat', { session_id: body.session_id });
      }
      const where = printFaultPlan(faults);
      expect(server.log.repeatedSteps(), where).toEqual([]);
      expect((await persist(() => client.call('GET', '/healthz'))).body, where).toEqual({ status: 'ok' });
      steps += server.log.of('optimStep').filter(({ failed }) => failed === undefined).length;
      await server.close();
    }
    // Most of them get somewhere.
    expect(steps).toBeGreaterThan(30);
    server = await startFakeServer({ profile, model: { vocabularySize: 20 } });
  });
});
