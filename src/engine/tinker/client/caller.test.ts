import { describe, expect, it } from 'vitest';
import { coded, rig } from './scripted/rig.js';

const ok = { json: { status: 'ok' } };
const refused = (status: number, headers = {}) => ({ status, headers, json: { detail: 'not now' } });

describe('a call that fails for now', () => {
  it('is tried again under one idempotency key, at growing distances', async () => {
    const { caller, server, clock, reports } = await rig({
      'POST /session_heartbeat': [refused(429), 'drop', refused(503), refused(408), { json: {} }],
    });
    await caller.call('heartbeat', { session_id: 's' });
    expect(clock.slept).toEqual([500, 1_000, 2_000, 4_000]);
    expect(new Set(server.requests.map(({ headers }) => headers['x-idempotency-key'])).size).toBe(1);
    const bytesSent = 5 * JSON.stringify({ session_id: 's' }).length;
    const bytesReceived = 3 * JSON.stringify({ detail: 'not now' }).length + 2;
    expect(reports).toEqual([
      { call: 'heartbeat', attempts: 5, seconds: 7.5, outcome: 'ok', bytesSent, bytesReceived },
    ]);
  });

  it('waits as long as the server asks', async () => {
    const { caller, clock } = await rig({ 'GET /healthz': [refused(503, { 'retry-after': '7' }), ok] });
    await caller.call('health', undefined);
    expect(clock.slept).toEqual([7_000]);
  });

  it('fails after 300 s, and at once where it would have to wait longer', async () => {
    const { caller, clock, server, reports } = await rig({ 'GET /healthz': refused(503) });
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_UNAVAILABLE'));
    // 0.5 + 1 + ... + 16 = 31.5, then eight times 30.
    expect(clock.slept.reduce((sum, wait) => sum + wait)).toBe(271_500);
    expect(reports[0]).toMatchObject({ attempts: 15, outcome: 'TINKER_UNAVAILABLE' });
    server.playing(() => refused(429, { 'retry-after': '301' }));
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_UNAVAILABLE'));
    expect(server.requests).toHaveLength(16);
  });

  it('waits out a pause of the account, 5 s at a time, for as long as it may; other failures do not count', async () => {
    const steps = [refused(503), refused(402), refused(402), refused(503), ok];
    const { caller, clock, server } = await rig(
      { 'GET /healthz': steps },
      { patience: { paused: 60_000, failing: 2_000 } },
    );
    await caller.call('health', undefined);
    expect(clock.slept).toEqual([500, 5_000, 5_000, 1_000]);
    server.playing(() => refused(402));
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_PAYMENT'));
    expect(clock.slept).toHaveLength(4 + 12);
  });

  it('takes silence for a failure', async () => {
    const { caller } = await rig({ 'GET /healthz': ['hang', ok] }, { patience: { answer: 50 } });
    await expect(caller.call('health', undefined)).resolves.toEqual({ status: 'ok' });
  });

  it('is not tried again where that could do harm and it may have been carried out', async () => {
    const { caller, server } = await rig({ 'POST /unload_model': [refused(429), 'drop'] });
    const call = () => caller.call('unloadModel', { model_id: 'm' }, { repeatable: false });
    await expect(call()).rejects.toEqual(coded('TINKER_UNCERTAIN'));
    expect(server.requests).toHaveLength(2);
    server.playing(() => refused(500));
    await expect(call()).rejects.toEqual(coded('TINKER_UNCERTAIN'));
    await server.close();
    // Refused connections certainly did nothing.
    await expect(call()).rejects.toEqual(coded('TINKER_UNREACHABLE'));
  });
});

describe('a call that fails for good', () => {
  it.each([
    [400, 'TINKER_REFUSED'],
    [401, 'TINKER_UNAUTHORIZED'],
    [403, 'TINKER_UNAUTHORIZED'],
    [404, 'TINKER_NOT_FOUND'],
    [413, 'TINKER_TOO_LARGE'],
    [422, 'TINKER_REFUSED'],
    [501, 'TINKER_UNAVAILABLE'],
  ])('%i is %s', async (status, code) => {
    const { caller, server } = await rig({ 'GET /healthz': { status, json: { detail: 'because' } } });
    const failure = caller.call('health', undefined);
    await expect(failure).rejects.toEqual(coded(code));
    await expect(failure).rejects.toThrow(`health was answered ${status}: because`);
    expect(server.requests).toHaveLength(1);
  });

  it('does not follow a redirection, which would carry the key along', async () => {
    const { caller, server } = await rig(
      { 'GET /healthz': { status: 307, headers: { location: '/api/v1/elsewhere' }, text: '' } },
      { key: 'tml-key' },
    );
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_WRONG_SERVER'));
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['a web page', { text: '<html></html>' }, 'no JSON'],
    ['nothing', { text: '' }, 'nothing'],
    ['a field that is missing', { json: { type: 'create_session' } }, 'session_id'],
    ['a field of another type', { json: { session_id: 7 } }, 'session_id: Invalid input: expected string'],
  ])('%s is no answer', async (_, step, what) => {
    const { caller } = await rig({ 'POST /create_session': step });
    const failure = caller.call('createSession', { tags: [], sdk_version: '1' });
    await expect(failure).rejects.toEqual(coded('TINKER_ANSWER'));
    await expect(failure).rejects.toThrow(what);
    await expect(failure).rejects.toThrow('createSession');
  });
});

describe('an abort', () => {
  it('ends a wait between tries', async () => {
    const controller = new AbortController();
    const { caller, server } = await rig({
      'GET /healthz': () => {
        controller.abort('enough');
        return refused(503);
      },
    });
    await expect(caller.call('health', undefined, { signal: controller.signal })).rejects.toBe('enough');
    expect(server.requests).toHaveLength(1);
  });

  it('ends a request that is on its way, and tells that it may have been carried out', async () => {
    const controller = new AbortController();
    const { caller, reports } = await rig({
      'GET /healthz': () => {
        controller.abort('enough');
        return 'hang';
      },
    });
    const delivery = { uncertain: false };
    const call = caller.call('health', undefined, { signal: controller.signal, delivery });
    await expect(call).rejects.toBe('enough');
    expect(delivery.uncertain).toBe(true);
    expect(reports).toMatchObject([{ outcome: 'aborted' }]);
  });

  it('comes before anything is sent', async () => {
    const { caller, server } = await rig({});
    const signal = AbortSignal.abort('early');
    await expect(caller.call('health', undefined, { signal })).rejects.toBe('early');
    expect(server.requests).toHaveLength(0);
  });
});
