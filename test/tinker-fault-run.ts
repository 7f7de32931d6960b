/**
 * A short SOAR run on a Tinker service that breaks at planned places, and in a process that may die: resumed until it ends, or until the
 * same coded error stops it again and again. The server's log and an undisturbed run are the oracles.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModels } from '../src/engine/conformance/tiny-model.js';
import { openTinkerEngine, type Policy, type TinkerRecord, type TinkerSettings } from '../src/engine/index.js';
import { SwiftClock } from '../src/engine/tinker/client/scripted/swift-clock.js';
import { type FakeServer, startFakeServer } from '../src/engine/tinker/testing/fake-server.js';
import { drawFaultPlan, type FaultPlan, mildHappenings, noFaults } from '../src/engine/tinker/testing/fault-plan.js';
import type { Operation } from '../src/engine/tinker/testing/operation-log.js';
import { profiles, type ServerProfile } from '../src/engine/tinker/testing/profile.js';
import { SoarError } from '../src/errors.js';
import { planEngine } from '../src/method/index.js';
import type { Domain } from '../src/problems/domain.js';
import type { Problem } from '../src/problems/problem.js';
import { randomStream } from '../src/rl/random.js';
import { configSchema, type RunConfig } from '../src/run/config/config.js';
import { nodeDisk } from '../src/run/disk.js';
import type { RunEntry } from '../src/run/entries.js';
import { readJournal } from '../src/run/journal.js';
import { openLedger } from '../src/run/ledger.js';
import { resumeRun, startRun } from '../src/run/run.js';
import { type RunPaths, runPaths } from '../src/run/run-folder.js';
import type { Workbench } from '../src/run/workbench.js';
import { plainDomain } from './method/scripted.js';

export const faultProfiles = {
  'skyrl-jax': profiles['skyrl-jax'],
  // With NovaSky-AI/SkyRL#2149: without it the run is refused at its start.
  'skyrl-megatron': { ...profiles['skyrl-megatron'], weightsOnlyLoadUndone: false },
  twinkle: profiles.twinkle,
  hosted: profiles.hosted,
} as const satisfies Record<string, ServerProfile>;
export type FaultProfile = keyof typeof faultProfiles;

/** Anything that a random model writes is a question, and some of its answers are right. */
const domain: Domain = {
  ...plainDomain,
  name: 'letters',
  teacherPrompt: 'ab?',
  stopStrings: [],
  parseProposal: (text) =>
    text.length < 3
      ? { accepted: false, reason: 'unfinished' }
      : { accepted: true, question: text.slice(0, 2), answer: text.slice(2, 3) },
  studentPrompt: (question) => `${question}=`,
  grade: async (answers) =>
    answers.map(({ gold, completion }) => {
      const correct = completion.includes(gold);
      return { answered: completion !== '', correct, containsGold: correct };
    }),
};

const hard = Array.from('abcdefgh', (letter, i): Problem => {
  return { id: `h${i}`, question: `${letter}h`, gold: 'cdefghab'[i] as string, source: 'test' };
});

function configFor(profile: FaultProfile, baseUrl: string): RunConfig {
  const constant = { kind: 'constant', learningRate: 0.02, warmupSteps: 0 };
  return configSchema.parse({
    seed: 5,
    name: 'short',
    model: 'tiny',
    soar: {
      outerSteps: 2,
      datasets: 2,
      datasetSize: 2,
      repeats: 1,
      teacher: { sampling: { maxNewTokens: 5 }, schedule: constant, minimalRewardSpread: 0 },
      student: { promptsPerStep: 2, groupSize: 3, sampling: { maxNewTokens: 3 }, schedule: constant },
      inner: { steps: 2, stepsPerPromotion: 0, maximumSteps: 2 },
      reward: { questions: 4, decoding: 'sampled', samplesPerQuestion: 3 },
      promotion: { window: 1, threshold: -1 },
    },
    evaluate: {
      arms: ['pq'],
      seeds: 1,
      ks: [1, 2],
      samplesPerProblem: 2,
      training: { steps: 2, promptsPerStep: 2, groupSize: 2, warmupSteps: 0 },
      questions: { sampled: 2 },
      bootstrap: { resamples: 100 },
    },
    engine: {
      kind: 'tinker',
      baseUrl,
      loraRank: 2,
      exclusive: true,
      // A mended Megatron is known by being measured.
      profile: profile === 'skyrl-megatron' ? 'auto' : profile,
      allowIgnored: ['beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
    },
  });
}

/** A process that died: it tidies nothing up. */
class Died extends Error {}

/** @param dies the update, counted from 1, after which the process dies; what it acknowledged stays */
async function bench(
  config: RunConfig,
  journal: Parameters<typeof openTinkerEngine>[1],
  folder: string,
  dies: number | undefined,
  ends: (() => Promise<void>)[],
): Promise<Workbench> {
  const real = await openTinkerEngine(config.engine as TinkerSettings, journal, {
    clock: new SwiftClock(),
    apiKey: '',
  });
  ends.push(() => real.close());
  let updates = 0;
  let dead = false;
  const mortal = (policy: Policy): Policy =>
    new Proxy(policy, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          if (dead) throw new Died();
          const found = await member.apply(target, args);
          if (name === 'update' && ++updates === dies) {
            dead = true;
            throw new Died();
          }
          return name === 'fork' ? mortal(found as Policy) : found;
        };
      },
    });
  const ledger = openLedger();
  const engine = ledger.engine({ ...real, open: async (model) => mortal(await real.open(model)) });
  const base = await engine.open({ folder });
  return {
    engine,
    base,
    model: base.model,
    plan: planEngine(config.soar, engine),
    domain: ledger.domain(domain),
    ledger,
    candidates: hard,
    realProblems: [],
    retain: async (states) => (dead ? undefined : engine.retain?.([...states.values()].flat())),
    findHardProblems: async () => ({ train: hard.slice(0, 4), test: hard.slice(4), screened: 8, attempts: 1 }),
    close: async () => (dead ? undefined : real.close()),
  };
}

export interface FaultOutcome {
  /** The code of the error that stopped it for good; none where it ended. */
  readonly stopped: string | undefined;
  readonly resumes: number;
  readonly faultsMet: number;
  /** Acknowledged units, without what names places on the server. */
  readonly entries: readonly string[];
  /** What must not be, in words; empty when all is well. */
  readonly wrong: readonly string[];
  /** Adapters in memory when all is over, less those of creations that the network doubled: nobody knows of these, and the server clears them in its own time. */
  readonly left: number;
}

const mostResumes = 8;

const doubledCreation = ({ call, happening: { what } }: FaultPlan['faults'][number]) =>
  call === 'createModel' && what === 'duplicate';

export async function runUnderFaults(profile: FaultProfile, plan: FaultPlan, dies?: number): Promise<FaultOutcome> {
  const models = await writeTinyModels();
  const runs = await mkdtemp(join(tmpdir(), 'tinker-faults-'));
  const model = { folder: models.folder('untied') };
  const server = await startFakeServer({
    profile: faultProfiles[profile],
    model,
    faults: plan,
    futureWaitMilliseconds: 20,
  });
  const ends: (() => Promise<void>)[] = [];
  try {
    const config = configFor(profile, server.url);
    const paths = runPaths(join(runs, 'short'));
    let stopped: string | undefined;
    let resumes = -1;
    do {
      stopped = undefined;
      resumes++;
      const options = {
        bench: (of: RunConfig, journal?: Parameters<typeof openTinkerEngine>[1]) =>
          bench(of, journal, model.folder, resumes === 0 ? dies : undefined, ends),
      };
      try {
        if (existsSync(paths.journal)) await resumeRun(paths, options);
        else await startRun(config, runs, options);
      } catch (error) {
        stopped = error instanceof SoarError ? error.code : error instanceof Died ? 'DIED' : `${error}`;
      }
    } while (stopped !== undefined && resumes < mostResumes);
    const entries = existsSync(paths.journal) ? await readJournal<RunEntry>(paths.journal, nodeDisk) : [];
    await Promise.all(ends.map((end) => end()));
    return {
      stopped,
      resumes,
      faultsMet: server.met.length,
      entries: entries.map(withoutPlaces),
      wrong: wrongs(server, await adaptersOf(paths), stopped),
      left: server.loaded.length - server.met.filter(doubledCreation).length,
    };
  } finally {
    await Promise.all(ends.map((end) => end()));
    await server.close();
    await models.remove();
    await rm(runs, { recursive: true });
  }
}

/** Snapshots and students are named by checkpoints of adapters, whose names differ. */
const withoutPlaces = (entry: RunEntry): string =>
  JSON.stringify(entry, (key, value) =>
    ['snapshot', 'student', 'identity', 'gradNorm'].includes(key) ? undefined : value,
  );

/** Those of the run; a probe's do on purpose what a run must not. */
async function adaptersOf({ tinker }: RunPaths): Promise<Set<string | undefined>> {
  const records = existsSync(tinker) ? await readJournal<TinkerRecord>(tinker, nodeDisk) : [];
  return new Set(records.flatMap((record) => (record.event === 'created' ? [record.adapter] : [])));
}

/** What shows or changes the weights. */
const uses = new Set<Operation['kind']>([
  'optimStep',
  'forwardBackward',
  'saveWeights',
  'saveWeightsForSampler',
  'sample',
]);

function wrongs({ log }: FakeServer, adapters: Set<string | undefined>, stopped: string | undefined): string[] {
  const found: string[] = [];
  const say = (what: string, operations: readonly Operation[]) => {
    const ours = operations.filter(({ model }) => model === undefined || adapters.has(model));
    if (ours.length > 0) found.push(`${ours.length} ${what}`);
  };
  const done = ({ failed }: { failed?: string }) => failed === undefined;
  say('steps under a number that was used', log.repeatedSteps());
  say('steps that took one gradient twice', log.repeatedPasses());
  say('samples from other weights than asked for', log.wrongSamples());
  say('snapshots loaded over newer weights', log.rollbacks());
  say('adapters decayed with another', log.of('decayed-with-another'));
  for (const model of adapters) {
    const steps = log.of('optimStep', model).filter(done);
    const passes = log.of('forwardBackward', model).filter(done);
    // A step that flushes what may wait before an adapter goes can find none, and is the last that becomes of it.
    const early = steps.filter(({ passes: taken = [] }) => taken.length === 0);
    const used = log.operations.findLastIndex((one) => one.model === model && done(one) && uses.has(one.kind));
    say(
      `steps of ${model} without a pass, and it was used after them`,
      early.filter((step) => log.operations.indexOf(step) < used),
    );
    say(
      `steps of ${model} on more than one pass`,
      steps.filter(({ passes: taken = [] }) => taken.length > 1),
    );
    if (passes.length > steps.length + 1) found.push(`${passes.length} passes for ${steps.length} steps of ${model}`);
  }
  if (stopped !== undefined && !/^[A-Z]+(_[A-Z]+)+$/.test(stopped)) found.push(`stopped by ${stopped}`);
  return found;
}

/** A training request that the network doubles, on a server that does it again: nobody outside can notice, and no client prevent it. */
const beyondClients = ({ numbered }: ServerProfile, { call, happening: { what } }: FaultPlan['faults'][number]) =>
  what === 'duplicate' &&
  !numbered.some((kind) => kind === 'passes') &&
  ['forwardBackward', 'optimStep'].includes(call);

/** What a seed's plan is: mostly what a client can get over, in a third of them losses of the server's memory, in a third a death. */
export function faultCase(profile: FaultProfile, seed: number): { plan: FaultPlan; dies?: number } {
  if (seed === 0) return { plan: noFaults };
  const random = randomStream(`fault-case/${profile}/${seed}`);
  const grave = random.integer(3) === 0;
  const happenings = grave
    ? ([...mildHappenings, 'restart', 'sessions-expire', 'future-expires'] as const)
    : mildHappenings;
  const { name, faults } = drawFaultPlan(`${profile}/${seed}`, { faults: 8, among: 40, happenings });
  const plan = { name, faults: faults.filter((fault) => !beyondClients(faultProfiles[profile], fault)) };
  return { plan, ...(random.integer(3) === 0 && { dies: 1 + random.integer(8) }) };
}
