/**
 * A server without a model in a process of its own, so that a client's memory and time can be measured apart from it:
 * `node null-server.js [--profile hosted] [--vocabulary 32000] [--endings '[[1, 2]]'] [--seconds 600] [--work '{"optimStep": 500}']`.
 * Results are forgotten once they were told. Writes `{"url": ...}` when it is ready, `{"received": ..., "sent": ..., "seconds": ..., "idleSeconds": ...}` (bytes, and `FakeServer.busy`) at its end, which comes when its standard input ends or the
 * seconds are over.
 */
import { parseArgs } from 'node:util';
import { startFakeServer } from './fake-server.js';
import { profiles } from './profile.js';

const { values } = parseArgs({
  options: {
    profile: { type: 'string', default: 'hosted' },
    vocabulary: { type: 'string', default: '32000' },
    endings: { type: 'string', default: '[]' },
    seconds: { type: 'string', default: '600' },
    work: { type: 'string', default: '{}' },
  },
});
const profile = profiles[values.profile as keyof typeof profiles];
if (!profile) throw new Error(`no profile ${values.profile}: there are ${Object.keys(profiles).join(', ')}`);

const server = await startFakeServer({
  profile,
  model: { vocabularySize: Number(values.vocabulary), endings: JSON.parse(values.endings) },
  forgetsResults: true,
  pace: { workMilliseconds: JSON.parse(values.work) },
});
console.log(JSON.stringify({ url: server.url }));

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  clearTimeout(timer);
  console.log(JSON.stringify({ ...server.traffic, ...server.busy }));
  await server.close();
  process.stdin.destroy();
}
const timer = setTimeout(end, Number(values.seconds) * 1000);
process.stdin.on('end', end).on('error', end).resume();
