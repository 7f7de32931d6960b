import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiKey, apiKeyFrom } from './api-key.js';
import { authenticated } from './authenticated.js';
import { parseBaseUrl } from './base-url.js';
import { connect } from './connect.js';
import { Credentials } from './credentials.js';
import { coded, rig } from './scripted/rig.js';
import { byPath, ScriptedServer, type Step } from './scripted/scripted-server.js';
import { SwiftClock } from './scripted/swift-clock.js';

const secret = 'tml-do-not-show-me';

/** Everything that a log could show of a value. */
const shown = (value: unknown) =>
  [inspect(value, { depth: 20, showHidden: false }), JSON.stringify(value, null, 1) ?? '', String(value)].join('\n');

describe('the API key', () => {
  it('comes from the environment, and none is none', () => {
    expect(apiKeyFrom(undefined, { TINKER_API_KEY: `${secret}\n` })?.reveal()).toBe(secret);
    expect(apiKeyFrom('other', { TINKER_API_KEY: secret })?.reveal()).toBe('other');
    expect([apiKeyFrom(undefined, {}), apiKeyFrom(undefined, { TINKER_API_KEY: '' })]).toEqual([undefined, undefined]);
  });

  it('shows in no form of printing', () => {
    const key = new ApiKey(secret);
    expect(shown({ key, text: `${key}` })).not.toContain(secret);
  });

  it('is not repeated when it is no key', () => {
    for (const bad of ['two words', 'line\nend', 'clé', ' ']) {
      const failure = (() => {
        try {
          return new ApiKey(bad);
        } catch (error) {
          return error;
        }
      })();
      expect(failure).toEqual(coded('TINKER_KEY'));
      if (bad !== ' ') expect(shown(failure)).not.toContain(bad);
    }
  });

  it('is in no error, even when the server repeats it', async () => {
    const echo = { status: 422, json: { detail: [{ loc: ['header'], msg: `bad key ${secret}`, input: secret }] } };
    const { caller, server } = await rig({ 'GET /healthz': echo }, { key: secret });
    const failure = await caller.call('health', undefined).catch((error: unknown) => error);
    expect(server.requests[0]!.headers['x-api-key']).toBe(secret);
    expect(failure).toEqual(coded('TINKER_REFUSED'));
    expect(shown(failure)).toContain('bad key [hidden]');
    expect(shown(failure)).not.toContain(secret);
  });

  it('nor are tokens that were replaced, which may still be good', async () => {
    const credentials = new Credentials(new ApiKey(secret), new SwiftClock());
    let count = 0;
    credentials.useTokens(async () => `token-${count++}`);
    await credentials.header();
    credentials.refused();
    expect(credentials.redact('bad token-0')).toBe('bad [hidden]');
    expect(await credentials.header()).toBe('token-1');
    expect(credentials.redact(`token-0 token-1 ${secret}`)).toBe('[hidden] [hidden] [hidden]');
  });

  it('is in nothing that the client is made of', async () => {
    const server = await ScriptedServer.start(
      byPath({
        'POST /client/config': { json: { pjwt_auth_enabled: true } },
        'POST /auth/token': { json: { jwt: `eyJ-${secret}` } },
        'POST /create_session': { json: { session_id: 's' } },
        'POST /session_heartbeat': { json: {} },
      }),
    );
    const client = await connect({ baseUrl: server.url, apiKey: secret });
    const session = await client.openSession();
    expect(server.to('/create_session')[0]!.headers['x-api-key']).toBe(`eyJ-${secret}`);
    expect(shown(client)).not.toContain(secret);
    expect(shown(session)).not.toContain(secret);
    await client.close();
    await server.close();
  });
});

describe('tokens', () => {
  const token = (exp: number | undefined, mark: string) => {
    const payload = Buffer.from(JSON.stringify({ exp, mark })).toString('base64url');
    return `eyJh.${payload}.sig`;
  };

  async function exchanging(jwts: readonly string[], health: Parameters<typeof byPath>[0] = {}) {
    const server = await ScriptedServer.start(
      byPath({
        'POST /auth/token': jwts.map((jwt) => (jwt === '' ? { status: 422, json: {} } : { json: { jwt } })),
        'GET /healthz': { json: { status: 'ok' } },
        ...health,
      }),
    );
    const clock = new SwiftClock();
    const patience = { answer: 10_000, poll: 10_000, failing: 1_000, paused: 1_000, pending: 1_000 };
    const key = new ApiKey(secret);
    const caller = authenticated({ baseUrl: server.url, userAgent: 't', key, clock, patience, observe: () => {} });
    caller.useTokens();
    const keys = () => server.to('/healthz').map(({ headers }) => headers['x-api-key']);
    return { server, clock, caller, keys };
  }

  const minutes = (count: number) => Date.UTC(2026, 0, 1) / 1000 + count * 60;

  it('are fetched once for many calls, and again five minutes before they end', async () => {
    const [first, second] = [token(minutes(60), 'a'), token(minutes(120), 'b')];
    const { caller, clock, server, keys } = await exchanging([first, second]);
    await Promise.all([caller.call('health', undefined), caller.call('health', undefined)]);
    await clock.sleep(54 * 60_000);
    await caller.call('health', undefined);
    await clock.sleep(2 * 60_000);
    await caller.call('health', undefined);
    expect(keys()).toEqual([first, first, first, second]);
    expect(server.to('/auth/token').map(({ headers }) => headers['x-api-key'])).toEqual([secret, secret]);
    await server.close();
  });

  it('come for the others when the call that asked first is given up, and for the next when all are', async () => {
    let answer: (step: Step) => void = () => {};
    const asked = () => new Promise<Step>((resolve) => (answer = resolve));
    const { caller, server, keys } = await exchanging([], { 'POST /auth/token': asked });
    const first = new AbortController();
    const [leaving, staying] = [caller.call('health', undefined, first), caller.call('health', undefined)];
    await expect.poll(() => server.to('/auth/token').length).toBe(1);
    first.abort(new Error('enough'));
    await expect(leaving).rejects.toThrow('enough');
    answer({ json: { jwt: 'eyJ.e30.a' } });
    await staying;
    expect(keys()).toEqual(['eyJ.e30.a']);
    expect(server.to('/auth/token')).toHaveLength(1);
    await server.close();
  });

  it('that are still good go on when no new one is to be had', async () => {
    const first = token(minutes(60), 'a');
    const { caller, clock, server, keys } = await exchanging([first, '']);
    await caller.call('health', undefined);
    await clock.sleep(57 * 60_000);
    await caller.call('health', undefined);
    expect(keys()).toEqual([first, first]);
    await clock.sleep(10 * 60_000);
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_REFUSED'));
    await server.close();
  });

  it('that are refused to several calls at once may be better next time for each, a key never', async () => {
    const credentials = new Credentials(new ApiKey(secret), new SwiftClock());
    expect(credentials.refused()).toBe(false);
    credentials.useTokens(async () => 'token');
    expect(await credentials.header()).toBe('token');
    expect([credentials.refused(), credentials.refused()]).toEqual([true, true]);
  });

  it('that are refused are replaced once', async () => {
    const [first, second] = [token(undefined, 'a'), token(undefined, 'b')];
    const refused = { status: 401, json: { detail: 'expired' } };
    const { caller, server, keys } = await exchanging([first, second], {
      'GET /healthz': [refused, { json: { status: 'ok' } }, refused],
    });
    await caller.call('health', undefined);
    expect(keys()).toEqual([first, second]);
    await expect(caller.call('health', undefined)).rejects.toEqual(coded('TINKER_UNAUTHORIZED'));
    await server.close();
  });
});

describe('the base URL', () => {
  const how = { hasKey: true, allowInsecure: false };

  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://localhost:8000/', 'http://localhost:8000'],
    ['http://[::1]:8000/api/v1/', 'http://[::1]:8000'],
    ['https://host.example/services/tinker', 'https://host.example/services/tinker'],
  ])('%s', (text, url) => {
    expect(parseBaseUrl(text, how)).toBe(url);
  });

  it.each(['127.0.0.1:8000', 'ftp://host', 'https://me:pass@host', 'https://me@host', 'https://host?key=1', ''])(
    'not: %s',
    (text) => {
      expect(() => parseBaseUrl(text, how)).toThrow(coded('TINKER_BASE_URL'));
    },
  );

  it.each(['http://gpu-box:8000', 'http://10.0.0.5', 'http://127.evil.example', 'http://localhost.evil.example'])(
    'takes no key to %s in the clear, unless allowed',
    (text) => {
      expect(() => parseBaseUrl(text, how)).toThrow(coded('TINKER_INSECURE'));
      expect(parseBaseUrl(text, { ...how, allowInsecure: true })).toBe(text);
      expect(parseBaseUrl(text, { ...how, hasKey: false })).toBe(text);
    },
  );
});
