import { describe, expect, it } from 'vitest';
import { protobufType, sampleOutputToProtobuf } from '../wire/index.js';
import { awaitResult } from './await-result.js';
import { coded, type RigOptions, rig } from './scripted/rig.js';
import type { Step } from './scripted/scripted-server.js';

const done = { json: { metrics: { 'skyrl.ai/grad_norm': 2 } } };
const status = (code: number, detail = 'x'): Step => ({ status: code, json: { detail } });

async function polling(steps: Step | readonly Step[], options: RigOptions = {}) {
  const made = await rig({ 'POST /retrieve_future': steps }, options);
  const { caller, connection } = made;
  const how = { protobuf: connection.protobuf, responses: connection.responseBytes };
  const wait = (resubmit?: () => Promise<string>, signal?: AbortSignal) =>
    awaitResult(caller, 'optimStep', '7', { ...how, resubmit, signal });
  return { ...made, wait, how };
}

describe('not yet', () => {
  it.each([
    ['SkyRL', status(408, 'Timeout waiting for result')],
    ['hosted, by status', { status: 408, json: { queue_state: 'paused_capacity', queue_state_reason: 'busy' } }],
    ['hosted and Twinkle, in the body', { json: { type: 'try_again', request_id: '7', queue_state: 'active' } }],
    ['a state that is not known yet', { json: { type: 'try_again', request_id: '7', queue_state: 'paused_moon' } }],
    ['a 408 of something in between', { status: 408, text: '' }],
  ])('%s', async (_, pending) => {
    const { wait, server } = await polling([pending, pending, done]);
    expect(await wait()).toEqual({ metrics: { 'skyrl.ai/grad_norm': 2 } });
    expect(server.requests.map(({ json }) => json.request_id)).toEqual(['7', '7', '7']);
    const { headers } = server.requests[2]!;
    expect([headers['x-tinker-request-iteration'], headers['x-tinker-request-type']]).toEqual(['2', 'optim_step']);
  });

  it('silence, for as long as a poll waits', async () => {
    const { wait } = await polling(['hang', done], { patience: { poll: 50 } });
    expect(await wait()).toEqual({ metrics: { 'skyrl.ai/grad_norm': 2 } });
  });

  it('is not asked more than twice a second, and not for ever; the reason is told', async () => {
    const paused = { json: { type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'full' } };
    const { wait, clock } = await polling(paused, { patience: { pending: 60_000 } });
    await expect(wait()).rejects.toThrow('optimStep is not done after 1 minutes (paused_capacity: full)');
    expect(clock.slept).toEqual(Array(121).fill(500));
  });
});

describe('failed', () => {
  it.each([
    ['SkyRL', status(400, 'LoRA rank 16 must be between 1 and 8'), 'user'],
    ['SkyRL, without a reason', status(500, 'Unknown error'), 'environment'],
    ['hosted and Twinkle, by the user', { json: { error: 'bad datum', category: 'user' } }, 'user'],
    ['hosted and Twinkle, by the server', { json: { error: 'out of memory', category: 'server' } }, 'environment'],
    ['of a category that is not known yet', { json: { error: 'x', category: 'moon' } }, 'environment'],
  ])('%s', async (_, step, kind) => {
    const { wait, server } = await polling(step);
    const failure = wait();
    await expect(failure).rejects.toEqual(coded('TINKER_FAILED'));
    await expect(failure).rejects.toMatchObject({ kind });
    expect(server.requests).toHaveLength(1);
  });

  it('forgotten: 404', async () => {
    const { wait } = await polling(status(404, 'Future not found'));
    await expect(wait()).rejects.toEqual(coded('TINKER_PROMISE_LOST'));
  });

  it('something else than the result', async () => {
    const { wait } = await polling({ json: { metrics: { norm: 'big' } } });
    await expect(wait()).rejects.toThrow('metrics.norm');
  });
});

describe('trouble on the way', () => {
  it('a server error is asked again at once, then with back-off, which a good poll resets', async () => {
    const pending = status(408);
    const { wait, clock } = await polling([status(503), status(502), 'drop', pending, status(500), done]);
    await wait();
    expect(clock.slept).toEqual([0, 1_000, 2_000, 500, 0]);
  });

  it('lasts no longer than 300 s at a stretch', async () => {
    const { wait } = await polling(status(503));
    await expect(wait()).rejects.toEqual(coded('TINKER_UNAVAILABLE'));
  });

  it('429 is back-off, 402 a pause', async () => {
    const { wait, clock } = await polling([status(429), status(402), done]);
    await wait();
    expect(clock.slept).toEqual([500, 5_000]);
  });

  it('a 400 without a word is asked again three times', async () => {
    const bare = { status: 400, text: 'Bad Request' };
    const { wait } = await polling([bare, bare, bare, done]);
    await wait();
    const { wait: four } = await polling(bare);
    await expect(four()).rejects.toEqual(coded('TINKER_REFUSED'));
  });

  it('410: the request is sent anew, three times at most', async () => {
    const { wait, server } = await polling([status(410), status(408), status(410), done]);
    let id = 7;
    await wait(async () => String(++id));
    expect(server.requests.map(({ json }) => json.request_id)).toEqual(['7', '8', '8', '9']);
    server.playing(() => status(410));
    await expect(wait(async () => '1')).rejects.toEqual(coded('TINKER_PROMISE_LOST'));
    expect(server.requests).toHaveLength(4 + 4);
    await expect(wait()).rejects.toEqual(coded('TINKER_PROMISE_LOST'));
  });

  it('an abort ends it', async () => {
    const controller = new AbortController();
    const { wait } = await polling([], {});
    const waiting = wait(undefined, controller.signal);
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
  });
});

describe('the result', () => {
  it('is fetched by its size where it is big', async () => {
    const { wait, server } = await polling([{ json: { status: 'complete_metadata', response_payload_size: 9 } }, done]);
    await wait();
    expect(server.requests.map(({ json }) => json.allow_metadata_only)).toEqual([true, undefined]);
  });

  it('is taken as protobuf where it is asked for and the call has it', async () => {
    const output = { sequences: [{ tokens: Int32Array.of(5), stopReason: 'length' as const }] };
    const { caller, server, how, wait } = await polling({ bytes: sampleOutputToProtobuf(output) }, { protobuf: true });
    expect(await awaitResult(caller, 'sample', '7', how)).toEqual(output);
    expect(server.requests[0]!.headers.accept).toBe(`${protobufType}, application/json`);
    await expect(wait()).rejects.toThrow('protobuf, where there is none');
    expect(server.requests[1]!.headers.accept).toBe('application/json');
    server.playing(() => ({ bytes: Uint8Array.of(255) }));
    await expect(awaitResult(caller, 'sample', '7', how)).rejects.toEqual(coded('TINKER_ANSWER'));
  });

  it('is reported with all its polls', async () => {
    const { wait, reports } = await polling([status(408), done]);
    await wait();
    expect(reports).toMatchObject([
      { call: 'retrieveFuture', of: 'optimStep', attempts: 2, seconds: 0.5, outcome: 'ok' },
    ]);
  });
});
