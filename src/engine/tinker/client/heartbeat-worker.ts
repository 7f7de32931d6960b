/**
 * The thread that sends heartbeats, so that no computation in the main thread can starve them. A session whose heartbeats stay away is
 * cleared by the server, with all its models.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, SoarError } from '../../../errors.js';
import { ApiKey } from './api-key.js';
import { authenticated } from './authenticated.js';
import { systemClock } from './clock.js';
import type { FromHeartbeats, HeartbeatSettings, ToHeartbeats } from './heartbeat-messages.js';

const { apiKey, tokens, interval, warnAfter, patience, ...address } = workerData as HeartbeatSettings;
const caller = authenticated({
  ...address,
  key: apiKey === undefined ? undefined : new ApiKey(apiKey),
  clock: systemClock,
  patience: { ...patience, answer: Math.min(patience.answer, 10_000) },
  observe: () => {},
});
if (tokens) caller.useTokens();

const sessions = new Map<string, NodeJS.Timeout>();
const port = parentPort;
invariant(port, 'heartbeats are sent from a worker thread');
const say = (message: FromHeartbeats) => port.postMessage(message);

port.on('message', (message: ToHeartbeats) => {
  if ('start' in message) start(message.start, message.silent ? 'silent' : 'alive');
  else stop(message.stop);
});

function start(session: string, state: FromHeartbeats['state']): void {
  let last = Date.now();
  const heard = (now: FromHeartbeats['state'], code?: string) => {
    if (now !== state && sessions.has(session)) say({ session, state: now, ...(code !== undefined && { code }) });
    state = now;
  };
  // One at a time, and the first at once: one server never clears a session that has not had any.
  const beat = async () => {
    const started = Date.now();
    try {
      // Not tried again: the next one is soon.
      await caller.call('heartbeat', { session_id: session }, { failing: 0 });
      last = Date.now();
      heard('alive');
    } catch (error) {
      const code = error instanceof SoarError ? error.code : 'INTERNAL';
      heard(code === 'TINKER_NOT_FOUND' ? 'lost' : Date.now() - last >= warnAfter ? 'silent' : state, code);
    }
    if (state === 'lost') stop(session);
    if (sessions.has(session)) sessions.set(session, setTimeout(beat, interval - (Date.now() - started)));
  };
  sessions.set(session, setTimeout(beat, 0));
}

function stop(session: string): void {
  clearTimeout(sessions.get(session));
  sessions.delete(session);
}
