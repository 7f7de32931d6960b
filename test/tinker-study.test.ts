/**
 * A study on a training service: its loops and cells share one journal of what they leave there. A process that dies leaves adapters;
 * the next one frees them and ends with the same facts, and no step of an adapter is made twice.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
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
import { readMetrics } from '../src/run/metrics.js';
import { modelFolder } from '../src/run/model-place.js';

const soar = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const tiny = [
  'soar.outerSteps=2',
  'soar.datasets=2',
  'soar.datasetSize=4',
  'soar.repeats=1',
  'soar.student.promptsPerStep=4',
  'soar.student.groupSize=4',
  'soar.inner={steps: 1, stepsPerPromotion: 0, maximumSteps: 1}',
  'soar.reward={questions: 8, samplesPerQuestion: 4}',
  'soar.promotion={window: 1, threshold: -1}',
  'world={candidates: 60, attempts: 1, train: 8, test: 8, hardLengths: [1, 3]}',
  'evaluate={training: {steps: 2}, samplesPerProblem: 4, ks: [1, 4], bootstrap: {resamples: 100}}',
  'study={rows: [hard-only, pq, ps], teachers: 1}',
];

let folder: string;
let server: FakeServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinker-study-'));
  const model = { folder: await modelFolder(resolveConfig({ preset: 'smoke' })), engine: 'embedded' } as const;
  server = await startFakeServer({ profile: { ...hosted, seeded: false }, model });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Kills it where its journal on the service has so many receipts of steps more; resolves to whether it got through. */
async function soarStudy(name: string, killAfter?: number): Promise<{ done: boolean; recovered: number }> {
  const service = [
    'engine.kind=tinker',
    `engine.baseUrl=${server.url}`,
    'engine.loraRank=8',
    'engine.profile=hosted',
    'engine.exclusive=true',
  ];
  const sets = [...tiny, ...service].flatMap((set) => ['--set', set]);
  const args = [soar, 'study', '--preset', 'smoke', ...sets, '--name', name, '--studies-dir', folder, '--json'];
  const before = steps(name).length;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const watch = setInterval(() => {
    if (killAfter !== undefined && steps(name).length >= before + killAfter) child.kill('SIGKILL');
  }, 5);
  let recovered = 0;
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => {
        for (const line of said.split('\n')) {
          if (line.startsWith('{"event":"recovered"')) recovered += JSON.parse(line).adapters;
        }
        if (signal === 'SIGKILL') resolve({ done: false, recovered });
        else if (code === 0) resolve({ done: true, recovered });
        else reject(new Error(`${errors}\n${said}`));
      });
    });
  } finally {
    clearInterval(watch);
  }
}

const tinkerOf = (name: string) => join(folder, name, 'tinker.jsonl');
const steps = (name: string) =>
  existsSync(tinkerOf(name)) ? readFileSync(tinkerOf(name), 'utf8').split('"event":"stepped"').slice(1) : [];
const facts = (name: string) =>
  JSON.parse(readFileSync(join(folder, name, 'study.json'), 'utf8').replaceAll(name, 'study'));

it('goes on after any death to the same facts, with nothing left on the service', { timeout: 240_000 }, async () => {
  expect(await soarStudy('whole')).toEqual({ done: true, recovered: 0 });
  expect(server.loaded).toEqual([]);
  const all = steps('whole').length;
  const kept = server.checkpoints.length;

  let recovered = 0;
  let kills = 0;
  for (const killAfter of [1, 3, Math.ceil(all / 3), Math.ceil(all / 3)]) {
    const end = await soarStudy('killed', killAfter);
    recovered += end.recovered;
    if (end.done) break;
    kills += 1;
  }
  const last = await soarStudy('killed');
  recovered += last.recovered;
  expect(last.done).toBe(true);
  expect(kills).toBeGreaterThan(1);
  expect(recovered).toBeGreaterThan(0);

  expect(facts('killed')).toEqual(facts('whole'));
  expect(server.loaded).toEqual([]);
  // What the loops name, and the same of each study.
  expect(server.checkpoints).toHaveLength(2 * kept);
  expect(server.log.repeatedSteps()).toEqual([]);
  expect(server.log.repeatedPasses()).toEqual([]);
  expect(server.log.wrongSamples()).toEqual([]);
  // Whatever was written down did happen, on adapters that were written down.
  const made = new Set(server.log.of('optimStep').map(({ model, seq }) => `${model} ${seq}`));
  for (const name of ['whole', 'killed']) {
    const records = await readJournal<TinkerRecord>(tinkerOf(name), nodeDisk);
    const stepped = records.flatMap((one) => (one.event === 'stepped' ? [`${one.adapter} ${one.sequence}`] : []));
    expect(stepped.length).toBeGreaterThanOrEqual(all);
    expect(stepped.filter((step) => !made.has(step))).toEqual([]);
  }

  const cells = await readMetrics(join(folder, 'whole', 'metrics.jsonl'), nodeDisk);
  const trained = cells.filter(({ part }) => part !== 'ps');
  expect(trained).toHaveLength(2);
  for (const { roles, sampledTokens, trainedTokens } of trained) {
    expect(roles.evaluation).toMatchObject({ sampledTokens, trainedTokens });
    expect(trainedTokens).toBeGreaterThan(0);
    expect(Object.keys(roles)).not.toContain('student');
  }
});
