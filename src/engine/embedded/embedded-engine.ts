/** The embedded engine: onnxruntime on the CPU, policies spread over worker threads. */
import { availableParallelism } from 'node:os';
import { initialAdapters } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import type { Engine } from '../engine.js';
import { type InProcessSettings, inProcessSettings } from '../settings.js';
import { EmbeddedPolicy } from './embedded-policy.js';
import { Placement } from './placement.js';
import { WorkerLink } from './worker-link.js';

export function createEmbeddedEngine(settings: Partial<InProcessSettings> = {}): Engine {
  const resolved = inProcessSettings.parse(settings);
  const workers = resolved.workers === 'auto' ? availableParallelism() : resolved.workers;
  const workerSettings = {
    threads: resolved.threadsPerWorker,
    microBatchTokens: resolved.microBatchTokens,
    logitsAtOnce: resolved.logitsAtOnce,
    packedBase: resolved.packedBase,
    sampler: { slots: resolved.slots },
  };
  const links = Array.from({ length: workers }, () => new WorkerLink(workerSettings));
  const placement = new Placement(resolved, links);
  return {
    name: 'embedded',
    capabilities: {
      klLoss: true,
      snapshots: true,
      fullFineTuning: resolved.lora === null,
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
      const { shape, weights, tokenizer, hash } = await readModelFolder(folder);
      const { lora } = resolved;
      const model = { id: placement.nextId(), shape, tokenizer, hash, ...(lora && { lora }) };
      await placement.announce(model, lora ? weights : undefined);
      const [home, id] = [placement.leastPolicies(), placement.nextId()];
      const policy = new EmbeddedPolicy(placement, model, home, id);
      await placement.create(home, model, id, lora ? initialAdapters(shape, lora) : weights);
      return policy;
    },
    close: () => placement.close(),
  };
}
