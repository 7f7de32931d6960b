/** Opens what a config names: engine, model, domain. Refuses what does not fit together before anything is computed or written. */
import { availableParallelism } from 'node:os';
import { createEmbeddedEngine, createReferenceEngine, type Engine } from '../engine/index.js';
import { type EnginePlan, planEngine } from '../method/index.js';
import { hardCandidates, programsDomain } from '../problems/index.js';
import { hardSplit, screen } from '../problems/screening.js';
import { modelFolder, type RunConfig } from './config/config.js';
import { openLedger } from './ledger.js';
import { encodePolicyState } from './policy-state.js';
import { sha256 } from './snapshots.js';
import type { Workbench } from './workbench.js';

export async function openWorkbench(config: RunConfig): Promise<Workbench> {
  const ledger = openLedger();
  const engine = ledger.engine(openEngine(config));
  try {
    const plan = withFewUnderWay(planEngine(config.soar, engine), config);
    const base = await engine.open({ folder: modelFolder(config) });
    const domain = ledger.domain(programsDomain);
    domain.checkTokenizer(base.tokenizer);
    const candidates = hardCandidates(config.world);
    const model = sha256(encodePolicyState(await base.save({ optimizer: false })));
    return {
      engine,
      base,
      model,
      plan,
      domain,
      ledger,
      candidates,
      async findHardProblems(onProgress, signal) {
        const { world, soar } = config;
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
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function openEngine({ engine }: RunConfig): Engine {
  return engine.kind === 'reference' ? createReferenceEngine() : createEmbeddedEngine(engine);
}

/** Two pieces of work per worker keep all of them busy; more under way at once would only lose more to a kill. */
function withFewUnderWay(plan: EnginePlan, { engine }: RunConfig): EnginePlan {
  const workers = engine.workers === 'auto' ? availableParallelism() : engine.workers;
  return { ...plan, concurrentStudies: Math.min(plan.concurrentStudies, 2 * workers) };
}
