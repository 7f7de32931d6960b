/**
 * The conformance suite of all engines against a Tinker server, and whether its updates are the reference engine's: one that runs, or
 * the fake one of each kind.
 *
 *   node bench/tinker-conformance.mjs [--base-url http://127.0.0.1:8000]
 *
 * Ends as the suite does. bench/peers/skyrl.md says how to start a SkyRL that serves the suite's tiny model.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { 'base-url': { type: 'string' } } });
const url = values['base-url'];
const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const files = ['conformance', 'agreement'].map((name) => `src/engine/tinker/${name}.test.ts`);
// A real server makes an adapter, lets it go and compiles a new shape of batch in its own time.
const patience = url === undefined ? [] : ['--hookTimeout', '60000', '--no-file-parallelism'];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...files, ...patience], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(url !== undefined && { SOAR_TINKER_URL: url }) },
});
process.exitCode = status ?? 1;
