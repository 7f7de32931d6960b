/**
 * A whole run through the protocol is the run in this process: the same proposals, rewards and promotions, and the same weights. The
 * server keeps true snapshots and sums in single precision; it trains by the engine that the other run uses, with adapters of the same
 * shape and first weights. Both draw as servers do: completion c of prompt p by the number that the client sends, plus c.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loraTargets } from '../src/checkpoints/lora.js';
import {
  createEmbeddedEngine,
  openTinkerEngine,
  type PolicyState,
  type TinkerRecord,
  type TinkerSettings,
} from '../src/engine/index.js';
import { promptSeed } from '../src/engine/tinker/policy/seeds.js';
import { type FakeServer, startFakeServer } from '../src/engine/tinker/testing/fake-server.js';
import { hosted } from '../src/engine/tinker/testing/profile.js';
import { asServed } from '../src/engine/tinker/testing/sampling.js';
import { type RunConfig, resolveConfig } from '../src/run/config/config.js';
import { nodeDisk } from '../src/run/disk.js';
import { type History, historyOf, promotionsOf, type RunEntry } from '../src/run/entries.js';
import { exportRun } from '../src/run/export/export.js';
import { readJournal } from '../src/run/journal.js';
import { modelFolder } from '../src/run/model-place.js';
import { openWorkbench } from '../src/run/open-workbench.js';
import { promotedSnapshot, readPolicySnapshot, teacherSnapshot } from '../src/run/policy-snapshot.js';
import { startRun } from '../src/run/run.js';
import type { RunPaths } from '../src/run/run-folder.js';
import { openSnapshots } from '../src/run/snapshots.js';

const rank = 8;
const small = [
  'soar.outerSteps=2',
  'soar.datasets=2',
  'soar.datasetSize=4',
  'soar.student.promptsPerStep=4',
  'soar.student.groupSize=4',
  'soar.inner={steps: 2, stepsPerPromotion: 1, maximumSteps: 3}',
  'soar.reward={questions: 8, samplesPerQuestion: 4}',
  'world={candidates: 60, attempts: 1, train: 8, test: 8, hardLengths: [1, 3]}',
  'evaluate={arms: [hard-only, pq], seeds: 1, training: {steps: 2}, samplesPerProblem: 4, ks: [1, 4]}',
];

let folder: string;
let server: FakeServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinker-run-'));
  const model = { folder: await modelFolder(resolveConfig({ preset: 'smoke' })), engine: 'embedded' } as const;
  server = await startFakeServer({ profile: { ...hosted, seeded: false }, model });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const readHistory = async ({ journal }: RunPaths): Promise<History> =>
  historyOf(await readJournal<RunEntry>(journal, nodeDisk));

/** The teacher, and the student of every promotion. */
async function states(paths: RunPaths, history: History): Promise<PolicyState[]> {
  const named = [teacherSnapshot(history), ...promotionsOf(history).map((_, i) => promotedSnapshot(history, i))];
  const snapshots = openSnapshots(paths.snapshots, nodeDisk);
  return Promise.all(named.flatMap((snapshot) => (snapshot ? [readPolicySnapshot(snapshots, snapshot)] : [])));
}

/** What the server has under a state's name. */
async function weightsThere(config: RunConfig, state: PolicyState): Promise<Float32Array> {
  const engine = await openTinkerEngine(config.engine as TinkerSettings);
  const policy = await engine.open({ folder: await modelFolder(config) });
  await policy.load(state);
  await policy.logprobs([{ tokens: Int32Array.of(0, 1), promptLength: 1 }]);
  const { arrays } = await server.state(server.loaded[0] as string);
  await engine.close();
  return arrays.weights as Float32Array;
}

it('gives the same promotions and weights as the engine in this process, and leaves only what the run names', async () => {
  const service = [
    'engine.kind=tinker',
    `engine.baseUrl=${server.url}`,
    `engine.loraRank=${rank}`,
    'engine.profile=hosted',
  ];
  const remote = resolveConfig({ preset: 'smoke', sets: [...small, ...service] });
  const lora = { rank, alpha: hosted.alpha, targets: [...loraTargets] };
  const local = resolveConfig({ preset: 'smoke', sets: [...small, `engine.lora=${JSON.stringify(lora)}`] });

  const there = await startRun(remote, join(folder, 'there'));
  const here = await startRun(local, join(folder, 'here'), {
    bench: (of) =>
      openWorkbench(of, undefined, async () => asServed(createEmbeddedEngine({ workers: 1, lora }), promptSeed)),
  });

  const [one, other] = [await readHistory(there.paths), await readHistory(here.paths)];
  expect(other.steps).toHaveLength(2);
  expect(promotionsOf(other)).toHaveLength(2);
  expect(other.steps.map(({ teacher }) => teacher.skipped)).toContain(false);
  for (const [i, step] of other.steps.entries()) {
    expect(one.steps[i]).toMatchObject({
      datasetRewards: step.datasetRewards,
      baselineAccuracy: step.baselineAccuracy,
      validRate: step.validRate,
      state: step.state,
      promotion: { ...step.promotion, student: expect.any(String) },
    });
  }
  expect([...one.evaluations.values()].map(({ successes }) => successes)).toEqual(
    [...other.evaluations.values()].map(({ successes }) => successes),
  );

  const [mine, its] = [await states(here.paths, other), await states(there.paths, one)];
  expect(mine).toHaveLength(3);
  const named = its.map(({ facts }) => String(facts.checkpoint).replace('tinker://', ''));
  expect(new Set(server.checkpoints)).toEqual(new Set(named));
  // Weights stay there, and an export says where.
  await expect(exportRun(there.paths, { what: 'student', promotion: 1 })).rejects.toMatchObject({
    code: 'EXPORT_ELSEWHERE',
    where: `${server.url}: ${its[1]?.facts.checkpoint}`,
  });
  for (const [i, { arrays }] of mine.entries()) {
    const found = await weightsThere(remote, its[i] as PolicyState);
    const worst = (arrays.weights as Float32Array).reduce((most, w, k) => Math.max(most, Math.abs(w - found[k])), 0);
    expect(worst).toBeLessThan(1e-5);
    expect(Math.hypot(...(arrays.weights as Float32Array))).toBeGreaterThan(1);
  }
  expect(server.loaded).toEqual([]);
  expect(server.log.repeatedSteps()).toEqual([]);
  const records = await readJournal<TinkerRecord>(there.paths.tinker, nodeDisk);
  const stepped = records.flatMap((one) => (one.event === 'stepped' ? [`${one.adapter} ${one.sequence}`] : []));
  expect(
    server.log
      .of('optimStep')
      .map(({ model, seq }) => `${model} ${seq}`)
      .sort(),
  ).toEqual(stepped.sort());
  expect(server.log.wrongSamples()).toEqual([]);
});
