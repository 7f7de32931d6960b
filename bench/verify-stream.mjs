/**
 * `verifyRows` over many rows: rows per second and the memory that it holds.
 *   npm run build && node --expose-gc bench/verify-stream.mjs [rows = 100000] [workers = 2]
 */
import { createVerifier, verifyRows } from '../dist/verify/index.js';

const [rows = '100000', workers = '2'] = process.argv.slice(2);
const verifier = createVerifier('mathematics', { workers: Number(workers) });

function* lines() {
  for (let id = 0; id < Number(rows); id++) {
    const gold = `\\frac{${id}}{${(id % 97) + 2}}`;
    const answer = id % 3 ? `${id}/${(id % 97) + 2}` : `${id}.5`;
    yield JSON.stringify({ id, gold, text: `${'We add both sides. '.repeat(20)}\\boxed{${answer}}` });
  }
}

const megabytes = () => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 2 ** 20);
};
const before = megabytes();
let most = before;
let seen = 0;
const started = performance.now();
for await (const row of verifyRows(lines(), verifier, { concurrency: 64 })) {
  if (row.id !== seen++) throw new Error(`row ${row.id} came in place ${seen - 1}`);
  if (seen % 10_000 === 0) most = Math.max(most, megabytes());
}
const seconds = (performance.now() - started) / 1000;
await verifier.close();
console.log(
  JSON.stringify({
    rows: seen,
    seconds: Number(seconds.toFixed(1)),
    perSecond: Math.round(seen / seconds),
    rssBefore: before,
    rssMost: most,
    timeouts: verifier.timeouts,
  }),
);
