import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { loraTargets } from '../../checkpoints/lora.js';
import { crewFor } from './embedded-engine.js';
import { alternatives, type MemoryPlan, memoryParts, totalBytes } from './memory.js';
import { checkMemory } from './memory-check.js';

const smollm2: LlamaShape = {
  vocabularySize: 49_152,
  hiddenSize: 576,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  headSize: 64,
  intermediateSize: 1536,
  contextLength: 2048,
  ropeTheta: 100_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
const lora = { rank: 16, alpha: 32, targets: loraTargets };
const plan: MemoryPlan = {
  shape: smollm2,
  lora,
  workers: 1,
  packedBase: 'auto',
  checkpointed: 'auto',
  microBatchTokens: 'auto',
  logitsAtOnce: 1 << 25,
  slots: 256,
  policies: 7,
  trained: 5,
  sequences: 32,
  tokens: 512,
};
const parts = (of: MemoryPlan) => Object.fromEntries(memoryParts(of).map(({ name, bytes }) => [name, bytes]));

describe('the memory that a model needs', () => {
  it('is, of SmolLM2-135M beside adapters, what its shape says', () => {
    const found = parts(plan);
    // The published model has 134,515,008 parameters.
    expect(found['frozen base']).toBe(4 * 134_515_008);
    expect(found['packed copy of the base']).toBe(4 * (134_515_008 + 49_152 * 576));
    // Rank 16 on all seven modules: 16 * (inputs + outputs), summed.
    const perLayer = 16 * (576 + 576 + 2 * (576 + 192) + (576 + 576) + 3 * (576 + 1536));
    expect(found.adapters).toBe(4 * 7 * 30 * perLayer);
    expect(found.optimizers).toBe(4 * 5 * 2 * 30 * perLayer);
    // 32 slots of 512 tokens; 3 key and 3 value heads of 64 in each of 30 layers.
    expect(found['cache of keys and values']).toBe(1.5 * 4 * 32 * 512 * 30 * 6 * 64);
  });

  it('has no base beside fully trained policies', () => {
    const found = parts({ ...plan, lora: undefined });
    expect(found['frozen base']).toBeUndefined();
    expect(found['packed copy of the base']).toBeUndefined();
    expect(found['weights of policies']).toBe(4 * 7 * 134_515_008);
  });

  it('grows with everything that is asked', () => {
    const more = fc.record({
      workers: fc.integer({ min: 1, max: 3 }),
      policies: fc.integer({ min: 0, max: 5 }),
      trained: fc.integer({ min: 0, max: 5 }),
      sequences: fc.integer({ min: 0, max: 300 }),
    });
    fc.assert(
      fc.property(more, ({ workers, policies, trained, sequences }) => {
        const larger = {
          ...plan,
          workers: plan.workers * workers,
          policies: plan.policies + policies,
          trained: plan.trained + trained,
          sequences: plan.sequences + sequences,
        };
        expect(totalBytes(memoryParts(larger))).toBeGreaterThanOrEqual(totalBytes(memoryParts(plan)));
      }),
      { seed: 5 },
    );
  });

  it('of long sequences is bounded by computing layers again', () => {
    const long = { ...plan, tokens: 2048 };
    const kept = parts({ ...long, checkpointed: false }).activations;
    expect(parts(long).activations).toBeLessThan(kept / 5);
    expect(parts({ ...plan, tokens: 256 }).activations).toBe(
      parts({ ...plan, tokens: 256, checkpointed: false }).activations,
    );
  });
});

describe('a model that does not fit', () => {
  const refusal = (of: MemoryPlan, limit: number) => {
    try {
      checkMemory(of, limit, 'models/large');
    } catch (error) {
      return error as Error & { code: string; remedy: string; where: string };
    }
    throw new Error('it was not refused');
  };

  it('is refused with the numbers of its parts and the settings that need less', () => {
    const error = refusal({ ...plan, workers: 4 }, 2);
    expect(error).toMatchObject({ code: 'ENGINE_MEMORY', where: 'models/large' });
    expect(error.message).toMatch(/would need [\d.]+ GiB and engine\.memoryLimit is 2\.00 GiB:\n/);
    expect(error.message).toMatch(/ {2}frozen base +2\.00 GiB\n/);
    expect(error.message).toMatch(/ {2}together +[\d.]+ GiB$/);
    expect(error.remedy).toMatch(/^engine\.workers=1 \([\d.]+ GiB/);
    expect(error.remedy).toMatch(/training service; engine\.memoryLimit: null tries it all the same$/);
  });

  it('is let through by a higher limit, or none', () => {
    expect(() => checkMemory(plan, 100, '')).not.toThrow();
    expect(() => checkMemory({ ...plan, workers: 256 }, null, '')).not.toThrow();
  });

  it('is offered only what needs less', () => {
    const offers = alternatives({ ...plan, workers: 2 });
    expect(offers.map(({ change }) => change)).toContain('engine.packedBase=false');
    const now = totalBytes(memoryParts({ ...plan, workers: 2 }));
    for (const { bytes } of offers) expect(bytes).toBeLessThan(now);
    expect(alternatives({ ...plan, lora: undefined })[0]?.change).toBe('engine.lora.rank=16');
  });
});

describe('workers and threads left to the engine', () => {
  const auto = { workers: 'auto', threadsPerWorker: 'auto' } as const;
  it.each([
    [auto, 150_000, { workers: 8, threads: 1 }],
    [auto, 134_515_008, { workers: 1, threads: 8 }],
    [{ ...auto, workers: 2 }, 134_515_008, { workers: 2, threads: 4 }],
    [{ ...auto, workers: 2 }, 150_000, { workers: 2, threads: 1 }],
    [{ ...auto, threadsPerWorker: 3 }, 134_515_008, { workers: 1, threads: 3 }],
    [{ ...auto, workers: 16 }, 134_515_008, { workers: 16, threads: 1 }],
  ])('%j at %d parameters on 8 cores: %j', (settings, parameters, crew) => {
    expect(crewFor(settings, parameters, 8)).toEqual(crew);
  });
});
