/**
 * A whole run through the protocol is the run in this process, on every kind of server: the same proposals, rewards and promotions, and
 * the same weights. The server computes in single precision, by the engine that the other run uses, with adapters of the same shape and
 * first weights. Both draw as servers do: completion c of prompt p by the number that the client sends, plus c.
 */
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { loraTargets } from '../src/checkpoints/lora.js';
import {
  createEmbeddedEngine,
  openTinkerEngine,
  type PolicyState,
  type TinkerRecord,
  type TinkerSettings,
} from '../src/engine/index.js';
import { promptSeed } from '../src/engine/tinker/policy/seeds.js';
import type { ProfileName } from '../src/engine/tinker/profiles/profile.js';
import { type FakeServer, startFakeServer } from '../src/engine/tinker/testing/fake-server.js';
import { profiles, type ServerProfile } from '../src/engine/tinker/testing/profile.js';
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

/** `whole`: the preset `smoke` as it is; else a short one. bench/tinker-run.mjs asks for it, and reads what was found. */
const {
  SOAR_TINKER_RUN: size = 'short',
  SOAR_TINKER_PROFILES: asked = Object.keys(profiles).join(','),
  SOAR_TINKER_RESULTS: results,
} = process.env;

const rank = 8;
const short = [
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

/** One Adam for all, which clips nothing: what a server can do whose steps listen to the learning rate alone, or to all but clipping. */
const oneAdam = [
  'soar.teacher.optimizer={beta1: 0.9, beta2: 0.95, maxGradNorm: 0}',
  'soar.student.optimizer={beta1: 0.9, beta2: 0.95, maxGradNorm: 0}',
];
const adam = { learning_rate: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0, grad_clip_norm: 0 };

interface Place {
  readonly server: ServerProfile;
  readonly sets: readonly string[];
  /** For the service alone. */
  readonly engine?: string;
}

/** First weights are those of the engine here. */
const places: Readonly<Record<ProfileName, Place>> = {
  hosted: { server: { ...profiles.hosted, seeded: false }, sets: [] },
  'skyrl-jax': { server: { ...profiles['skyrl-jax'], seeded: false }, sets: oneAdam },
  // With NovaSky-AI/SkyRL#2149, and started with the run's Adam.
  'skyrl-megatron': {
    server: { ...profiles['skyrl-megatron'], weightsOnlyLoadUndone: false, configured: adam },
    sets: oneAdam,
    engine: 'engine.allowIgnored=[beta1, beta2, epsilon, weightDecay, maxGradNorm]',
  },
  // Draws by seeds, so that there is something to compare.
  twinkle: { server: { ...profiles.twinkle, seededSamples: true }, sets: [] },
};

let folder: string;
let model: { readonly folder: string; readonly engine: 'embedded' };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinker-run-'));
  model = { folder: await modelFolder(resolveConfig({ preset: 'smoke' })), engine: 'embedded' };
});
afterAll(() => rm(folder, { recursive: true }));

const readHistory = async ({ journal }: RunPaths): Promise<History> =>
  historyOf(await readJournal<RunEntry>(journal, nodeDisk));

/** By arm and seed: units end in any order. */
const successesOf = ({ evaluations }: History) =>
  Object.fromEntries(Array.from(evaluations, ([unit, { successes }]) => [unit, successes]));

/** The teacher, and the student of every promotion. */
async function states(paths: RunPaths, history: History): Promise<PolicyState[]> {
  const named = [teacherSnapshot(history), ...promotionsOf(history).map((_, i) => promotedSnapshot(history, i))];
  const snapshots = openSnapshots(paths.snapshots, nodeDisk);
  return Promise.all(named.flatMap((snapshot) => (snapshot ? [readPolicySnapshot(snapshots, snapshot)] : [])));
}

/** What the server has under a state's name. */
async function weightsThere(server: FakeServer, config: RunConfig, state: PolicyState): Promise<Float32Array> {
  const engine = await openTinkerEngine(config.engine as TinkerSettings);
  const policy = await engine.open({ folder: await modelFolder(config) });
  await policy.load(state);
  await policy.logprobs([{ tokens: Int32Array.of(0, 1), promptLength: 1 }]);
  const { arrays } = await server.state(server.loaded[0] as string);
  await engine.close();
  return arrays.weights as Float32Array;
}

it.each(asked.split(',') as ProfileName[])(
  'on a server like %s gives the same promotions and weights as the engine in this process, and leaves only what the run names',
  async (name) => {
    const began = performance.now();
    const place = places[name];
    const server = await startFakeServer({ profile: place.server, model });
    onTestFinished(() => server.close());
    const sets = [...(size === 'whole' ? [] : short), ...place.sets];
    const service = [
      'engine.kind=tinker',
      `engine.baseUrl=${server.url}`,
      `engine.loraRank=${rank}`,
      // With the change that Megatron wants a server is not the stock one: it is found out.
      `engine.profile=${name === 'skyrl-megatron' ? 'auto' : name}`,
      ...(place.engine ? [place.engine] : []),
    ];
    const remote = resolveConfig({ preset: 'smoke', sets: [...sets, ...service] });
    const lora = { rank, alpha: place.server.alpha, targets: [...loraTargets] };
    const local = resolveConfig({ preset: 'smoke', sets: [...sets, `engine.lora=${JSON.stringify(lora)}`] });

    const there = await startRun(remote, join(folder, name, 'there'));
    const here = await startRun(local, join(folder, name, 'here'), {
      bench: (of) =>
        openWorkbench(of, undefined, async () => asServed(createEmbeddedEngine({ workers: 1, lora }), promptSeed)),
    });

    const [one, other] = [await readHistory(there.paths), await readHistory(here.paths)];
    expect(other.steps).toHaveLength(local.soar.outerSteps);
    const promotions = promotionsOf(other);
    expect(promotions.length).toBeGreaterThan(1);
    // The preset's three teachers have nothing to choose between: their datasets are all worth the same.
    if (size === 'short') expect(other.steps.map(({ teacher }) => teacher.skipped)).toContain(false);
    for (const [i, step] of other.steps.entries()) {
      expect(one.steps[i]).toMatchObject({
        datasetRewards: step.datasetRewards,
        baselineAccuracy: step.baselineAccuracy,
        validRate: step.validRate,
        state: step.state,
        promotion: { ...step.promotion, student: expect.any(String) },
      });
    }
    expect(successesOf(one)).toEqual(successesOf(other));

    const [mine, its] = [await states(here.paths, other), await states(there.paths, one)];
    expect(mine).toHaveLength(1 + promotions.length);
    // A teacher that never stepped is the base model: there is nothing of it on the server.
    const kept = its.flatMap((state, i) => (state.facts.checkpoint === undefined ? [] : [i]));
    expect(kept.length).toBeGreaterThanOrEqual(promotions.length);
    const named = kept.map((i) => String(its[i]?.facts.checkpoint).replace('tinker://', ''));
    expect(new Set(server.checkpoints)).toEqual(new Set(named));
    // Weights stay there, and an export says where.
    await expect(exportRun(there.paths, { what: 'student', promotion: 1 })).rejects.toMatchObject({
      code: 'EXPORT_ELSEWHERE',
      where: `${server.url}: ${its[1]?.facts.checkpoint}`,
    });
    let apart = 0;
    const different = new Set(mine.map(({ arrays }) => (arrays.weights as Float32Array).join()));
    expect(different.size).toBeGreaterThan(1);
    for (const i of kept) {
      const { arrays } = mine[i] as PolicyState;
      const found = await weightsThere(server, remote, its[i] as PolicyState);
      const worst = (arrays.weights as Float32Array).reduce((most, w, k) => Math.max(most, Math.abs(w - found[k])), 0);
      expect(worst).toBeLessThan(1e-5);
      apart = Math.max(apart, worst);
      expect(Math.hypot(...(arrays.weights as Float32Array))).toBeGreaterThan(1);
    }
    expect(server.loaded).toEqual([]);
    expect(server.log.repeatedSteps()).toEqual([]);
    const records = await readJournal<TinkerRecord>(there.paths.tinker, nodeDisk);
    const stepped = records.flatMap((one) => (one.event === 'stepped' ? [`${one.adapter} ${one.sequence}`] : []));
    // A probe has adapters of its own.
    const made = new Set(records.map((one) => (one.event === 'created' ? one.adapter : '')));
    const ofRun = ({ model = '' }: { readonly model?: string }) => made.has(model);
    const steps = server.log.of('optimStep').filter(ofRun);
    expect(steps.map(({ model, seq }) => `${model} ${seq}`).sort()).toEqual(stepped.sort());
    expect(server.log.wrongSamples().filter(ofRun)).toEqual([]);
    expect(server.log.rollbacks().filter(ofRun)).toEqual([]);
    if (results === undefined) return;
    const seconds = (performance.now() - began) / 1000;
    const counts = {
      outerSteps: other.steps.length,
      promotions: promotions.length,
      different: different.size,
      evaluations: other.evaluations.size,
    };
    appendFileSync(
      results,
      `${JSON.stringify({ profile: name, ...counts, optimizerSteps: steps.length, apart, seconds })}\n`,
    );
  },
  size === 'whole' ? 3_600_000 : undefined,
);
