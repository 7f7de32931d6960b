/** Opens what a config names: engine, model, domain. Refuses what does not fit together before anything is computed or written. */
import {
  createEmbeddedEngine,
  createReferenceEngine,
  type Engine,
  noJournal,
  openTinkerEngine,
  type PolicyState,
  type TinkerJournal,
  type Workload,
} from '../engine/index.js';
import { SoarError } from '../errors.js';
import { type EnginePlan, planEngine } from '../method/index.js';
import { hardCandidates } from '../problems/index.js';
import { hardSplit, screen } from '../problems/screening.js';
import { checkContext } from './check-context.js';
import type { RunConfig } from './config/config.js';
import { nodeDisk } from './disk.js';
import { checkHardSet, promptForm, readHardSet } from './hard-set-folder.js';
import { openLedger } from './ledger.js';
import { modelFolder } from './model-place.js';
import { openDomain, realProblemsOf } from './open-domain.js';
import type { Workbench } from './workbench.js';
import { studiesUnderWay, workloadOf } from './workload.js';

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
    await open(config, workloadOf(config), journal).catch(async (error: unknown) => {
      await domain.close();
      throw error;
    }),
  );
  try {
    const plan = withFewUnderWay(planEngine(config.soar, engine), config);
    const base = await engine.open({ folder: await modelFolder(config) });
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
  return async (states) => {
    for (const [run, of] of states) byRun.set(run, of);
    await engine.retain?.([...byRun.values()].flat());
  };
}

/** From a prepared folder, or looked for in the built-in world. */
async function hardProblems(
  config: RunConfig,
  place: Pick<Workbench, 'base' | 'domain' | 'model'>,
): Promise<Pick<Workbench, 'candidates' | 'findHardProblems'>> {
  const { hardSet } = config.problems;
  if (hardSet !== null || config.domain === 'programs') {
    const found = hardSet === null ? worldProblems(config, place) : await preparedProblems(hardSet, config, place);
    checkContext(place.base, place.domain, config, found.candidates);
    return found;
  }
  throw new SoarError('HARD_SET_NEEDED', `the domain ${config.domain} needs a set of hard problems`, {
    where: 'problems.hardSet',
    remedy: 'make one with `soar prepare <dataset> --model <folder> --out <folder>`, and name that folder here',
  });
}

async function preparedProblems(
  folder: string,
  { problems, soar }: RunConfig,
  { base, domain, model }: Pick<Workbench, 'base' | 'domain' | 'model'>,
): Promise<Pick<Workbench, 'candidates' | 'findHardProblems'>> {
  const { manifest, train, test } = await readHardSet(folder, nodeDisk);
  const prompt = promptForm(domain, base.tokenizer);
  if (!problems.acceptOther) checkHardSet(manifest, { model, prompt }, folder);
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

/**
 * @param workload what will be asked of it, where that is known
 * @param journal what a service keeps for the run
 * @throws SoarError TINKER_*; ENGINE_MEMORY when it opens a model that the machine cannot hold
 */
export async function openEngine(
  { engine }: Pick<RunConfig, 'engine'>,
  workload?: Workload,
  journal: TinkerJournal = noJournal,
): Promise<Engine> {
  if (engine.kind === 'tinker') return openTinkerEngine(engine, journal);
  return engine.kind === 'reference' ? createReferenceEngine(engine) : createEmbeddedEngine(engine, workload);
}

const withFewUnderWay = (plan: EnginePlan, config: RunConfig): EnginePlan => ({
  ...plan,
  concurrentStudies: Math.min(plan.concurrentStudies, studiesUnderWay(config)),
});
