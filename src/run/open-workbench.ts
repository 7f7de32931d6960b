/** Opens what a config names: engine, model, domain. Refuses what does not fit together before anything is computed or written. */
import { availableParallelism } from 'node:os';
import {
  createEmbeddedEngine,
  createReferenceEngine,
  type Engine,
  noJournal,
  openTinkerEngine,
  type PolicyState,
  type TinkerJournal,
} from '../engine/index.js';
import { SoarError } from '../errors.js';
import { type EnginePlan, planEngine } from '../method/index.js';
import { hardCandidates } from '../problems/index.js';
import { hardSplit, screen } from '../problems/screening.js';
import { modelFolder, type RunConfig } from './config/config.js';
import { nodeDisk } from './disk.js';
import { checkHardSet, promptForm, readHardSet } from './hard-set-folder.js';
import { openLedger } from './ledger.js';
import { openDomain, realProblemsOf } from './open-domain.js';
import type { Workbench } from './workbench.js';

/**
 * @param journal where an engine on a service writes down what it will have to free
 * @param open in place of the engine that the config names
 */
export async function openWorkbench(
  config: RunConfig,
  journal: TinkerJournal = noJournal,
  open: typeof openEngine = openEngine,
): Promise<Workbench> {
  const ledger = openLedger();
  const domain = ledger.domain(openDomain(config));
  const engine = ledger.engine(
    await open(config, journal).catch(async (error: unknown) => {
      await domain.close();
      throw error;
    }),
  );
  try {
    const plan = withFewUnderWay(planEngine(config.soar, engine), config);
    const base = await engine.open({ folder: modelFolder(config) });
    domain.checkTokenizer(base.tokenizer);
    const { model } = base;
    return {
      engine,
      base,
      model,
      plan,
      domain,
      ledger,
      realProblems: realProblemsOf(config),
      ...(engine.retain && { retain: retention(engine) }),
      ...(await hardProblems(config, { base, domain, model })),
      async close() {
        await Promise.all([engine.close(), domain.close()]);
      },
    };
  } catch (error) {
    await Promise.all([engine.close(), domain.close()]);
    throw error;
  }
}

/** The same engine, model and counts for another config; closing it closes nothing. */
export async function sharedWorkbench(bench: Workbench, config: RunConfig): Promise<Workbench> {
  return {
    ...bench,
    plan: withFewUnderWay(planEngine(config.soar, bench.engine), config),
    ...(await hardProblems(config, bench)),
    close: async () => undefined,
  };
}

/** Several runs may share the engine: what any of them names is kept. */
function retention(engine: Engine): NonNullable<Workbench['retain']> {
  const byRun = new Map<string, readonly PolicyState[]>();
  return async (run, states) => {
    byRun.set(run, states);
    await engine.retain?.([...byRun.values()].flat());
  };
}

/** From a prepared folder, or looked for in the built-in world. */
async function hardProblems(
  config: RunConfig,
  place: Pick<Workbench, 'base' | 'domain' | 'model'>,
): Promise<Pick<Workbench, 'candidates' | 'findHardProblems'>> {
  const { hardSet } = config.problems;
  if (hardSet !== null) return preparedProblems(hardSet, config, place);
  if (config.domain === 'programs') return worldProblems(config, place);
  throw new SoarError('HARD_SET_NEEDED', `the domain ${config.domain} needs a set of hard problems`, {
    where: 'problems.hardSet',
    remedy: 'make one with `soar prepare <dataset> --model <folder> --out <folder>`, and name that folder here',
  });
}

async function preparedProblems(
  folder: string,
  { problems, soar }: RunConfig,
  { domain, model }: Pick<Workbench, 'domain' | 'model'>,
): Promise<Pick<Workbench, 'candidates' | 'findHardProblems'>> {
  const { manifest, train, test } = await readHardSet(folder, nodeDisk);
  if (!problems.acceptOther) checkHardSet(manifest, { model, prompt: promptForm(domain.studentPrompt) }, folder);
  if (train.length < soar.reward.questions || test.length === 0) {
    throw new SoarError(
      'PROBLEMS_TOO_FEW_HARD',
      `the hard set has ${train.length} problems to train on and ${test.length} held out; ${soar.reward.questions} reward questions are drawn from the former`,
      { where: folder, remedy: 'prepare a larger set, or lower soar.reward.questions' },
    );
  }
  return {
    candidates: [...train, ...test],
    findHardProblems: async () => {
      const { counts, screen: how } = manifest;
      return { train, test, screened: counts.screened, attempts: how.attempts };
    },
  };
}

function worldProblems(
  { world, soar }: RunConfig,
  { base, domain }: Pick<Workbench, 'base' | 'domain'>,
): Pick<Workbench, 'candidates' | 'findHardProblems'> {
  const candidates = hardCandidates(world);
  return {
    candidates,
    async findHardProblems(onProgress, signal) {
      const { temperature, maxNewTokens } = soar.student.sampling;
      const successes = await screen(base, domain, candidates, {
        attempts: world.attempts,
        temperature,
        maxNewTokens,
        seed: `world/${world.seed}/screen`,
        onProgress,
        signal,
      });
      const split = hardSplit(candidates, successes, world, `world/${world.seed}`);
      return { ...split, screened: candidates.length, attempts: world.attempts };
    },
  };
}

/** @throws SoarError TINKER_* */
export async function openEngine(
  { engine }: Pick<RunConfig, 'engine'>,
  journal: TinkerJournal = noJournal,
): Promise<Engine> {
  if (engine.kind === 'tinker') return openTinkerEngine(engine, journal);
  return engine.kind === 'reference' ? createReferenceEngine(engine) : createEmbeddedEngine(engine);
}

/** Two pieces of work per worker keep all of them busy; more under way at once would only lose more to a kill. */
function withFewUnderWay(plan: EnginePlan, { engine }: RunConfig): EnginePlan {
  if (engine.kind === 'tinker') return plan;
  const workers = engine.workers === 'auto' ? availableParallelism() : engine.workers;
  return { ...plan, concurrentStudies: Math.min(plan.concurrentStudies, 2 * workers) };
}
