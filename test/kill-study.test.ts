import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { randomStream } from '../src/rl/random.js';
import { miniature } from './miniature.js';

const soar = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'kill-study-'));
afterAll(() => rmSync(root, { recursive: true }));

const study = [...miniature, '--arms', 'base,hard-only,intrinsic-t,pq,ps', '--seeds', '2', '--name', 'mini'];

/** Resolves to how many ms it took, or to undefined when it was killed after so many. */
function soarStudy(folder: string, workers: number, killAfter?: number): Promise<number | undefined> {
  const began = performance.now();
  const args = [soar, 'study', ...study, '--studies-dir', folder, '--workers', String(workers)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(performance.now() - began);
      else reject(new Error(errors));
    });
  });
}

it('a study that is killed at random moments ends with the same study.json', { timeout: 240_000 }, async () => {
  const duration = (await soarStudy(join(root, 'whole'), 2)) as number;
  const killed = join(root, 'killed');
  const random = randomStream('kill-study');
  let kills = 0;
  while ((await soarStudy(killed, 1 + (kills % 2), (0.3 + 0.5 * random.float()) * duration)) === undefined) kills += 1;
  expect(kills).toBeGreaterThan(1);
  const json = (folder: string) => readFileSync(join(folder, 'mini', 'study.json'), 'utf8');
  expect(json(killed)).toBe(json(join(root, 'whole')));
});
