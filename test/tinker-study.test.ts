/** A study on a service whose process is killed leaves nothing there that the next one does not find, and ends as if nothing had been. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TinkerRecord } from '../src/engine/index.js';
import { type FakeServer, startFakeServer } from '../src/engine/tinker/testing/fake-server.js';
import { hosted } from '../src/engine/tinker/testing/profile.js';
import { resolveConfig } from '../src/run/config/config.js';
import { nodeDisk } from '../src/run/disk.js';
import { readJournal } from '../src/run/journal.js';
import { modelFolder } from '../src/run/model-place.js';

const soar = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'tinker-study-'));
let server: FakeServer;
beforeAll(async () => {
  const folder = await modelFolder(resolveConfig({ preset: 'smoke' }));
  server = await startFakeServer({ profile: hosted, model: { folder, engine: 'embedded' } });
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const sets = [
  'engine.kind=tinker',
  'engine.loraRank=4',
  'engine.profile=hosted',
  'soar.outerSteps=2',
  'soar.datasets=2',
  'soar.datasetSize=4',
  'soar.repeats=1',
  'soar.student.promptsPerStep=4',
  'soar.student.groupSize=4',
  'soar.inner={steps: 2, stepsPerPromotion: 1, maximumSteps: 3}',
  'soar.reward={questions: 8, samplesPerQuestion: 4}',
  'soar.promotion={window: 1, threshold: -1}',
  'world={candidates: 60, attempts: 1, train: 8, test: 8, hardLengths: [1, 3]}',
  'evaluate={training: {steps: 2}, samplesPerProblem: 4, ks: [1, 4], bootstrap: {resamples: 100}}',
];

/** @param events after which it is killed, as soon as it has adapters on the server. @returns its events, by kind */
async function study(
  name: string,
  { events = Number.POSITIVE_INFINITY, arms = 'hard-only,pq,ps' } = {},
): Promise<string[]> {
  const options = [...sets, `engine.baseUrl=${server.url}`].flatMap((set) => ['--set', set]);
  const args = [soar, 'study', '--preset', 'smoke', '--arms', arms, '--seeds', '2', '--name', name];
  const child = spawn(process.execPath, [...args, ...options, '--studies-dir', root, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [text, errors] = ['', ''];
  child.stdout.on('data', (data) => {
    text += data;
  });
  const killer = setInterval(() => {
    const done = seen(text).filter((kind) => kind === 'loop' || kind === 'cell').length;
    if (done >= events && server.loaded.length > 0) child.kill('SIGKILL');
  }, 5);
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const [code, signal] = await once(child, 'close');
  clearInterval(killer);
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(errors);
  return seen(text);
}

const seen = (lines: string): string[] =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).event);
const facts = (name: string) => ({ ...JSON.parse(readFileSync(join(root, name, 'study.json'), 'utf8')), name: 'any' });
const records = (name: string) => readJournal<TinkerRecord>(join(root, name, 'tinker.jsonl'), nodeDisk);

it('killed in a loop and in its cells, it is continued and nothing is left', { timeout: 240_000 }, async () => {
  await study('whole');
  expect(server.loaded).toEqual([]);
  const whole = server.checkpoints.length;
  expect(whole).toBeGreaterThan(0);

  expect(await study('killed', { events: 1 })).not.toContain('cell');
  expect(server.loaded).not.toEqual([]);
  await study('killed', { events: 2 });
  await study('killed');
  expect(facts('killed')).toEqual(facts('whole'));
  expect(server.loaded).toEqual([]);
  // Promoted students and teachers of both studies: more rows may want them.
  expect(server.checkpoints).toHaveLength(2 * whole);
  const recovered = (await records('killed')).filter(({ event }) => event === 'recovered');
  expect(recovered).toHaveLength(2);

  // A finished study takes another row from what its loops left there.
  const more = await study('killed', { arms: 'grounded-t' });
  expect(more.filter((kind) => kind === 'cell')).toHaveLength(2);
  expect(more).not.toContain('failed');
  expect(server.checkpoints).toHaveLength(2 * whole);
});
