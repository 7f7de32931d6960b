/** Runs a test file that writes a line of JSON for each case into the file that a variable of its environment names. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns vitest's exit status, 1 where it has none, and the lines, parsed; none where the file was never written */
export function toldByTests(file, { results, env, flags = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'told-by-tests-'));
  const path = join(folder, 'results.jsonl');
  try {
    const { status } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', file, ...flags],
      {
        cwd: root,
        stdio: 'inherit',
        env: { ...process.env, ...env, [results]: path },
      },
    );
    const text = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '';
    return { status: status ?? 1, lines: text === '' ? [] : text.split('\n').map((line) => JSON.parse(line)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
