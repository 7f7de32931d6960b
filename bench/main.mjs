/**
 * The benchmarks: `npm run build && npm run bench [-- name...]`. What is compared takes turns, round by round, so that a noisy
 * machine disturbs both sides alike. Prints a table each with what became worse, writes bench/results/<processor>/<name>.json and the tables
 * of docs/performance.md, docs/models.md and docs/cluster.md. SOAR_PYTHON names the Python of the peers (default python3; bench/peers/README.md lists what it needs).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { innerRunsBenchmark } from './inner-runs.mjs';
import { memory } from './memory.mjs';
import { outerStep } from './outer-step.mjs';
import { machine, readResult, writeResult } from './page.mjs';
import { realModels } from './real-models.mjs';
import { realStep } from './real-step.mjs';
import { sampling } from './sampling.mjs';
import { scaling } from './scaling.mjs';
import { table, worse } from './table.mjs';
import { tinkerIdle } from './tinker-idle.mjs';
import { tinkerScale } from './tinker-scale.mjs';
import { trainingStep } from './training-step.mjs';
import { world } from './world.mjs';

const benchmarks = {
  'training-step': trainingStep,
  sampling,
  world,
  'inner-runs': innerRunsBenchmark,
  scaling,
  'outer-step': outerStep,
  memory,
  'real-models': realModels,
  'real-step': realStep,
  'tinker-scale': tinkerScale,
  'tinker-idle': tinkerIdle,
};
const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benchmarks));
if (unknown) {
  console.error(`there is no benchmark ${unknown}; there are: ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'soar-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
console.log(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`);

for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
  const load = loadavg()[0].toFixed(1);
  const { complete, ...result } = await benchmarks[name]({ folder });
  const before = readResult(name);
  console.log(`\n${result.title}\n\n${table(result)}\n`);
  for (const note of [...result.notes, ...result.peers]) console.log(`- ${note}`);
  console.log(`- load of the machine before: ${load}`);
  for (const line of worse(result, before)) console.log(`- ${line}`);
  if (!complete && before) {
    console.log(`- a peer is missing: the recorded result stays as it was`);
    continue;
  }
  const date = new Date().toISOString().slice(0, 10);
  writeResult({ name, date, machine, ...result });
}
