/**
 * The reference engine: the slow, obviously correct one that the others are measured against. Plain TypeScript in double
 * precision, no batching, no cache of keys and values, no threads. Not for real work; for checking, and for reading.
 */
import { initialAdapters } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { SoarError } from '../../errors.js';
import type { Engine } from '../engine.js';
import type { InProcessSettings } from '../settings.js';
import { ReferencePolicy } from './reference-policy.js';

/** @param settings.lora adapters beside a frozen base; without it all weights are trained */
export function createReferenceEngine({ lora = null }: Partial<Pick<InProcessSettings, 'lora'>> = {}): Engine {
  let closed = false;
  const checkOpen = () => {
    if (!closed) return;
    throw new SoarError('ENGINE_CLOSED', 'the engine was closed', { kind: 'internal', remedy: 'open a new engine' });
  };
  return {
    name: 'reference',
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
      const { shape, weights, tokenizer, contextFrom, hash } = await readModelFolder(folder);
      const model = { shape, tokenizer, contextFrom, hash, checkOpen };
      if (!lora) return new ReferencePolicy(model, weights);
      return new ReferencePolicy({ ...model, lora, base: weights }, initialAdapters(shape, lora));
    },
    async close() {
      closed = true;
    },
  };
}
