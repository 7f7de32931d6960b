/** The command `soar` of this checkout. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** @throws Error with what it wrote to standard error, when it fails */
export function soar(...args) {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`soar ${args[0]} ended with ${status}:\n${stderr}`);
}
