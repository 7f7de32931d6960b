/**
 * Stands between a run and a real server of the Tinker protocol and breaks connections at random: before a request reaches
 * the server, or after it was carried out. A run through it must end as one without (docs/cluster.md).
 *
 *   node bench/tinker-proxy.mjs --to http://127.0.0.1:8000 [--port 8001] [--request 0.03] [--answer 0.03] [--seed 1]
 *
 * On Ctrl-C it says what it did.
 */
import { createServer, request } from 'node:http';
import { parseArgs } from 'node:util';
import { randomStream } from '../dist/rl/random.js';

const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    port: { type: 'string', default: '8001' },
    request: { type: 'string', default: '0.03' },
    answer: { type: 'string', default: '0.03' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.to === undefined) throw new Error('say where the server is: --to http://127.0.0.1:8000');
const random = randomStream(`tinker-proxy/${values.seed}`);
const told = { passed: 0, 'request lost': {}, 'answer lost': {} };

const server = createServer((asked, answer) => {
  const url = new URL(asked.url, values.to);
  const lose = (what) => {
    told[what][url.pathname] = (told[what][url.pathname] ?? 0) + 1;
    asked.socket.destroy();
  };
  if (random.float() < Number(values.request)) return lose('request lost');
  const loseAnswer = random.float() < Number(values.answer);
  const onward = request(url, { method: asked.method, headers: asked.headers }, (given) => {
    if (loseAnswer) return given.resume().on('end', () => lose('answer lost'));
    told.passed++;
    answer.writeHead(given.statusCode, given.headers);
    return given.pipe(answer);
  });
  onward.on('error', () => asked.socket.destroy());
  return asked.pipe(onward);
});
server.listen(Number(values.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${values.port} -> ${values.to}`));
process.once('SIGINT', () => {
  console.log(JSON.stringify(told, null, 2));
  process.exit(0);
});
