/**
 * The reference engine: the slow, obviously correct one that the others are measured against. Plain TypeScript in double
 * precision, no batching, no cache of keys and values, no threads. Not for real work; for checking, and for reading.
 */
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { SoarError } from '../../errors.js';
import type { Engine } from '../engine.js';
import { ReferencePolicy } from './reference-policy.js';

export function createReferenceEngine(): Engine {
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
      fullFineTuning: true,
      topP: true,
      topK: true,
      stopStrings: true,
      maxPolicies: Number.POSITIVE_INFINITY,
    },
    async open({ folder }) {
      checkOpen();
      const { shape, weights, tokenizer } = await readModelFolder(folder);
      return new ReferencePolicy({ shape, tokenizer, checkOpen }, weights);
    },
    async close() {
      closed = true;
    },
  };
}
