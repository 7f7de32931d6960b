/** The embedded engine: onnxruntime on the CPU, policies spread over worker threads. */
import { availableParallelism } from 'node:os';
import { llamaLayout } from '../../checkpoints/llama-shape.js';
import { initialAdapters } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { SoarError } from '../../errors.js';
import type { Engine } from '../engine.js';
import { type InProcessSettings, inProcessSettings } from '../settings.js';
import { EmbeddedPolicy } from './embedded-policy.js';
import { largeModel } from './large-model.js';
import { leastWorkload, type Workload } from './memory.js';
import { checkMemory } from './memory-check.js';
import { bufferOf } from './moved-arrays.js';
import { Placement } from './placement.js';
import { WorkerLink } from './worker-link.js';

/** @param workload what will be asked, where that is known: it is part of the memory that is predicted before a model is loaded */
export function createEmbeddedEngine(
  settings: Partial<InProcessSettings> = {},
  workload: Workload = leastWorkload,
): Engine {
  const resolved = inProcessSettings.parse(settings);
  const { lora } = resolved;
  let placement: Placement | undefined;
  let closed = false;
  const checkOpen = () => {
    if (closed)
      throw new SoarError('ENGINE_CLOSED', 'the engine was closed', { kind: 'internal', remedy: 'open a new engine' });
  };
  return {
    name: 'embedded',
    capabilities: {
      klLoss: true,
      snapshots: true,
      fullFineTuning: lora === null,
      topP: true,
      topK: true,
      stopStrings: true,
      maxPolicies: Number.POSITIVE_INFINITY,
      trainableForks: true,
      fixedOptimizer: {},
      readableStates: true,
      seededSampling: true,
      exactMetrics: true,
    },
    async open({ folder }) {
      checkOpen();
      let crew = { workers: 0, threads: 0 };
      const { shape, weights, tokenizer, contextFrom, hash } = await readModelFolder(folder, (found) => {
        crew = crewFor(resolved, llamaLayout(found).size, availableParallelism());
        const plan = { ...resolved, ...workload, shape: found, workers: placement?.workers ?? crew.workers };
        checkMemory({ ...plan, lora: lora ?? undefined }, resolved.memoryLimit, folder);
      });
      checkOpen();
      // The first model decides how many there are.
      placement ??= new Placement(resolved, startWorkers(resolved, crew));
      const place = placement;
      const model = { id: place.nextId(), shape, tokenizer, contextFrom, hash, ...(lora && { lora }) };
      await place.announce(model, lora ? weights : undefined);
      const [home, id] = [place.leastPolicies(), place.nextId()];
      const policy = new EmbeddedPolicy(place, model, home, id);
      await place.create(home, model, id, bufferOf(lora ? initialAdapters(shape, lora) : weights));
      return policy;
    },
    async close() {
      closed = true;
      await placement?.close();
    },
  };
}

export interface Crew {
  readonly workers: number;
  /** Of each worker. */
  readonly threads: number;
}

/**
 * Small models are spread over workers of one thread each, which share nothing; a large one stands once, in one worker whose threads
 * share the work on each matrix. Pure.
 */
export function crewFor(
  { workers, threadsPerWorker }: Pick<InProcessSettings, 'workers' | 'threadsPerWorker'>,
  parameters: number,
  cores: number,
): Crew {
  const large = parameters >= largeModel;
  const count = workers === 'auto' ? (large ? 1 : cores) : workers;
  if (threadsPerWorker !== 'auto') return { workers: count, threads: threadsPerWorker };
  return { workers: count, threads: large ? Math.max(1, Math.floor(cores / count)) : 1 };
}

function startWorkers(settings: InProcessSettings, { workers, threads }: Crew): WorkerLink[] {
  const { microBatchTokens, logitsAtOnce, packedBase, sharedPrompts, checkpointed, slots } = settings;
  const forms = { packedBase, sharedPrompts, checkpointed };
  const workerSettings = { threads, microBatchTokens, logitsAtOnce, ...forms, sampler: { slots } };
  return Array.from({ length: workers }, () => new WorkerLink(workerSettings));
}
