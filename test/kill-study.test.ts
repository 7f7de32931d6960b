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

/** Kills it a moment after so many events; resolves to whether it got through. */
function soarStudy(folder: string, workers: number, kill?: { readonly events: number; readonly delay: number }) {
  const args = [soar, 'study', ...study, '--studies-dir', folder, '--workers', String(workers), '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let seen = 0;
  let errors = '';
  child.stdout.on('data', (text) => {
    seen += String(text).split('\n').length - 1;
    if (kill && seen >= kill.events) setTimeout(() => child.kill('SIGKILL'), kill.delay);
  });
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return new Promise<boolean>((resolve, reject) => {
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0) resolve(true);
      else reject(new Error(errors));
    });
  });
}

it('a study that is killed at random moments ends with the same study.json', { timeout: 240_000 }, async () => {
  await soarStudy(join(root, 'whole'), 2);
  const killed = join(root, 'killed');
  const random = randomStream('kill-study');
  // Each gets some of 4 loops and 10 cells done, the first of its events says what is done.
  const moment = () => ({ events: 1 + random.integer(5), delay: 100 * random.float() });
  let kills = 0;
  while (kills < 8 && !(await soarStudy(killed, 1 + (kills % 2), moment()))) kills += 1;
  expect(kills).toBeGreaterThan(0);
  expect(await soarStudy(killed, 2)).toBe(true);
  const json = (folder: string) => readFileSync(join(folder, 'mini', 'study.json'), 'utf8');
  expect(json(killed)).toBe(json(join(root, 'whole')));
});
