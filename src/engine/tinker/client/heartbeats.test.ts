import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { ApiKey } from './api-key.js';
import type { FromHeartbeats } from './heartbeat-messages.js';
import { type HeartbeatOptions, Heartbeats } from './heartbeats.js';
import { byPath, type Play, ScriptedServer, type Step } from './scripted/scripted-server.js';

const patience = { answer: 2_000, poll: 2_000, failing: 1_000, paused: 1_000, pending: 1_000 };

function heartbeats(baseUrl: string, more: Partial<HeartbeatOptions> = {}) {
  const heard: FromHeartbeats[] = [];
  const settings = { baseUrl, userAgent: 't', key: undefined, tokens: false, interval: 20, warnAfter: 0, patience };
  const beats = new Heartbeats({ ...settings, ...more }, (message) => heard.push(message));
  onTestFinished(() => beats.close());
  return { beats, heard };
}

async function scripted(steps: Step | readonly Step[] | Play): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(
    byPath({ 'POST /session_heartbeat': steps, 'POST /auth/token': { json: { jwt: 'eyJ.e30.x' } } }),
  );
  onTestFinished(() => server.close());
  return server;
}

async function until(condition: () => boolean): Promise<void> {
  const giveUp = Date.now() + 60_000;
  while (!condition() && Date.now() < giveUp) await setImmediate();
}

/** A server in a thread of its own, that counts requests where this thread can see them without a turn of its event loop. */
const countingServer = `
  const { workerData, parentPort } = require('node:worker_threads');
  const server = require('node:http').createServer((request, answer) => {
    Atomics.add(workerData, 0, 1);
    answer.end('{}');
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it('go on while the main thread computes', async () => {
  const count = new Int32Array(new SharedArrayBuffer(4));
  const server = new Worker(countingServer, { eval: true, workerData: count });
  onTestFinished(async () => void (await server.terminate()));
  const [port] = (await once(server, 'message')) as [number];
  const { beats } = heartbeats(`http://127.0.0.1:${port}`);
  beats.start('s');
  await until(() => Atomics.load(count, 0) > 0);
  const before = Atomics.load(count, 0);
  const giveUp = Date.now() + 60_000;
  // Not one turn of this thread's event loop from here on.
  while (Atomics.load(count, 0) < before + 5 && Date.now() < giveUp);
  expect(Atomics.load(count, 0)).toBeGreaterThanOrEqual(before + 5);
});

it('say when they stay away, when they are back, and when the server lost the session', async () => {
  const bad = { status: 503, json: {} };
  const server = await scripted([
    bad,
    { json: {} },
    'drop',
    { json: {} },
    { status: 404, json: { detail: 'Session not found' } },
  ]);
  const { beats, heard } = heartbeats(server.url);
  beats.start('s');
  await until(() => heard.length === 5);
  expect(heard).toEqual([
    { session: 's', state: 'silent', code: 'TINKER_UNAVAILABLE' },
    { session: 's', state: 'alive' },
    { session: 's', state: 'silent', code: 'TINKER_UNREACHABLE' },
    { session: 's', state: 'alive' },
    { session: 's', state: 'lost', code: 'TINKER_NOT_FOUND' },
  ]);
});

it('bear a token where tokens are asked for, and stop when they are told', async () => {
  const server = await scripted({ json: {} });
  const { beats } = heartbeats(server.url, { key: new ApiKey('tml-x'), tokens: true });
  beats.start('a');
  beats.start('b');
  await until(() => new Set(server.to('/session_heartbeat').map(({ json }) => json.session_id)).size === 2);
  expect(server.to('/session_heartbeat')[0]!.headers['x-api-key']).toBe('eyJ.e30.x');
  expect(server.to('/auth/token')).toHaveLength(1);
  beats.stop('a');
  const seen = () => server.to('/session_heartbeat').map(({ json }) => json.session_id);
  // A heartbeat of `a` may have been on its way.
  const rest = () => seen().slice(seen().lastIndexOf('a') + 1);
  await until(() => rest().length >= 5);
  expect(new Set(rest())).toEqual(new Set(['b']));
});

const threadOf = (beats: Heartbeats) => Reflect.get(beats, 'worker') as Worker | undefined;
/** From outside, as if memory had run out. */
const kill = (beats: Heartbeats) => threadOf(beats)?.terminate();

it('go on from another thread when theirs dies, and say so', async () => {
  const server = await scripted({ json: {} });
  const { beats, heard } = heartbeats(server.url);
  beats.start('a');
  beats.start('b');
  const count = () => server.to('/session_heartbeat').length;
  await until(() => count() > 2);
  await kill(beats);
  await until(() => heard.length === 4);
  const messages = (state: string, code?: string) =>
    ['a', 'b'].map((session) => ({ session, state, ...(code && { code }) }));
  expect(heard.slice(0, 2)).toEqual(messages('silent', 'TINKER_HEARTBEATS'));
  expect(heard.slice(2)).toEqual(expect.arrayContaining(messages('alive')));
  const before = count();
  await until(() => count() > before + 3);
  expect(heard).toHaveLength(4);
  beats.stop('a');
  await kill(beats);
  await until(() => heard.length === 6);
  expect(heard.slice(4).map(({ session }) => session)).toEqual(['b', 'b']);
});

it('say nothing more of a session that the server lost when their thread dies', async () => {
  const server = await scripted(({ json }) =>
    json.session_id === 'gone' ? { status: 404, json: { detail: 'Session not found' } } : { json: {} },
  );
  const { beats, heard } = heartbeats(server.url);
  beats.start('gone');
  beats.start('kept');
  await until(() => heard.length === 1);
  await kill(beats);
  await until(() => heard.length === 3);
  expect(heard).toEqual([
    { session: 'gone', state: 'lost', code: 'TINKER_NOT_FOUND' },
    { session: 'kept', state: 'silent', code: 'TINKER_HEARTBEATS' },
    { session: 'kept', state: 'alive' },
  ]);
});

it('end with a code when threads die again and again, and without a word when they are closed', async () => {
  const server = await scripted({ json: {} });
  const { beats, heard } = heartbeats(server.url);
  beats.start('s');
  for (let death = 1; death <= 5; death++) {
    await until(() => threadOf(beats) !== undefined);
    await kill(beats);
    await until(() => heard.filter(({ code }) => code).length === death);
  }
  expect(heard.at(-1)).toEqual({ session: 's', state: 'unkept', code: 'TINKER_HEARTBEATS' });
  await setTimeout(60);
  expect(threadOf(beats)).toBeUndefined();
  const said = heard.length;
  beats.start('t');
  await beats.close();
  await setTimeout(60);
  expect([heard.length, threadOf(beats)]).toEqual([said, undefined]);
});
