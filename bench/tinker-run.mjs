/**
 * The preset `smoke`, whole, on the fake server of each kind and in this process: are they the same run? It is test/tinker-run.test.ts,
 * which is short where nobody asks for more.
 *
 *   node bench/tinker-run.mjs [--profiles hosted,skyrl-jax,skyrl-megatron,twinkle] [--size whole]
 *
 * Prints a table; exits with 1 when they are not.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: 'hosted,skyrl-jax,skyrl-megatron,twinkle' },
    size: { type: 'string', default: 'whole' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'tinker-run-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const results = join(folder, 'results.jsonl');
const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/tinker-run.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      SOAR_TINKER_RUN: values.size,
      SOAR_TINKER_PROFILES: values.profiles,
      SOAR_TINKER_RESULTS: results,
    },
  },
);

const lines = existsSync(results) ? readFileSync(results, 'utf8').trimEnd().split('\n') : [];
console.log(
  '| server | outer steps | promotions | different weights of teacher and promoted | evaluation units | optimizer steps | weights apart, at most | s |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const line of lines) {
  const { profile, outerSteps, promotions, different, evaluations, optimizerSteps, apart, seconds } = JSON.parse(line);
  const cells = [
    profile,
    outerSteps,
    promotions,
    different,
    evaluations,
    optimizerSteps,
    apart.toExponential(1),
    seconds.toFixed(0),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
process.exit(status ?? 1);
