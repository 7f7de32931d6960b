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
  patience: { ...patience, answer: Math.min(patience.answer, interval) },
  observe: () => {},
});
if (tokens) caller.useTokens();

const sessions = new Map<string, NodeJS.Timeout>();
const port = parentPort;
invariant(port, 'heartbeats are sent from a worker thread');
const say = (message: FromHeartbeats) => port.postMessage(message);

port.on('message', (message: ToHeartbeats) => {
  if ('start' in message) start(message.start);
  else stop(message.stop);
});

function start(session: string): void {
  let last = Date.now();
  let state: FromHeartbeats['state'] = 'alive';
  const beat = async () => {
    try {
      // Not tried again: the next one is soon.
      await caller.call('heartbeat', { session_id: session }, { failing: 0 });
      last = Date.now();
      if (state !== 'alive') say({ session, state: 'alive' });
      state = 'alive';
    } catch (error) {
      const code = error instanceof SoarError ? error.code : 'INTERNAL';
      const now = code === 'TINKER_NOT_FOUND' ? 'lost' : Date.now() - last >= warnAfter ? 'silent' : state;
      if (now !== state && sessions.has(session)) say({ session, state: now, code });
      state = now;
      if (state === 'lost') stop(session);
    }
  };
  sessions.set(session, setInterval(beat, interval));
  // At once: one server never clears a session that has not had any.
  void beat();
}

function stop(session: string): void {
  clearInterval(sessions.get(session));
  sessions.delete(session);
}
