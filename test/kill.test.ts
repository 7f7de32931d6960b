import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { miniature } from './miniature.js';

// The same command with more kills and a longer run stands in docs/running.md.
it('a run that is killed at 25 random moments ends with the same bytes as one left alone', { timeout: 240_000 }, () => {
  const command = fileURLToPath(new URL('../bench/kill.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [command, '--kills', '25', '--seed', '25', '--lanes', '2', '--', ...miniature],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/differing: +none/);
  const kills = Number(/kills: +(\d+)/.exec(stdout)?.[1]);
  expect(kills).toBeGreaterThanOrEqual(25);
  expect(status).toBe(0);
});
