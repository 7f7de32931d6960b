/** The embedded engine: onnxruntime on the CPU, policies spread over worker threads. */
import { availableParallelism } from 'node:os';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import type { Engine } from '../engine.js';
import { type EngineSettings, engineSettings } from '../settings.js';
import { EmbeddedPolicy } from './embedded-policy.js';
import { Placement } from './placement.js';
import { WorkerLink } from './worker-link.js';

export function createEmbeddedEngine(settings: Partial<EngineSettings> = {}): Engine {
  const resolved = engineSettings.parse(settings);
  const workers = resolved.workers === 'auto' ? availableParallelism() : resolved.workers;
  const workerSettings = {
    threads: resolved.threadsPerWorker,
    microBatchTokens: resolved.microBatchTokens,
    sampler: { slots: resolved.slots, prefillTokens: resolved.microBatchTokens },
  };
  const links = Array.from({ length: workers }, () => new WorkerLink(workerSettings));
  const placement = new Placement(resolved, links);
  return {
    name: 'embedded',
    capabilities: {
      klLoss: true,
      snapshots: true,
      fullFineTuning: true,
      topP: true,
      topK: true,
      stopStrings: true,
      maxPolicies: Number.POSITIVE_INFINITY,
    },
    async open({ folder }) {
      const { shape, weights, tokenizer } = await readModelFolder(folder);
      const model = { id: placement.nextId(), shape, tokenizer };
      await placement.announce(model);
      const [home, id] = [placement.leastPolicies(), placement.nextId()];
      const policy = new EmbeddedPolicy(placement, model, home, id);
      await placement.create(home, model, id, weights);
      return policy;
    },
    close: () => placement.close(),
  };
}
