import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LoraShape } from '../../checkpoints/lora.js';
import { randomStream } from '../../rl/random.js';
import { someAdapters, tinyLora, writeTinyModels } from '../conformance/tiny-model.js';
import type { Policy, TrainingBatch, TrainingSequence } from '../engine.js';
import { createEmbeddedEngine } from './embedded-engine.js';
import { WorkerLink } from './worker-link.js';

const original = WorkerLink.prototype.ask;

const step = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 };

/** 120 random sequences of 4 to 24 tokens, every third without an advantage. */
function batchOf(policy: Policy, objective: TrainingBatch['objective'], klCoefficient = 0): TrainingBatch {
  const random = randomStream(`shared/${objective}/${klCoefficient}`);
  const sequences = Array.from({ length: 120 }, (_, i): TrainingSequence => {
    const length = 4 + random.integer(21);
    const tokens = Int32Array.from({ length }, () => 1 + random.integer(11));
    const numbers = () => Float32Array.from({ length: length - 2 }, () => -random.float() - 2);
    return {
      tokens,
      promptLength: 2,
      advantage: i % 3 === 0 ? 0 : random.float() - 0.5,
      weight: 1 / 120,
      samplerLogprobs: numbers(),
      ...(klCoefficient > 0 && { referenceLogprobs: numbers() }),
    };
  });
  expect(policy.contextLength).toBeGreaterThanOrEqual(24);
  return { objective, sequences, ...(klCoefficient > 0 && { klCoefficient }) };
}

describe('an update that several workers share', () => {
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  beforeAll(async () => {
    models = await writeTinyModels();
  });
  afterAll(() => models.remove());

  /** On an engine whose batches come in many micro-batches. @returns what the work gives, and the workers that computed gradients */
  async function on<T>(
    workers: number,
    work: (policy: Policy) => Promise<T>,
    lora?: LoraShape,
  ): Promise<{ made: T; computing: number }> {
    const engine = createEmbeddedEngine({
      workers,
      microBatchTokens: 128,
      lora: lora ? { ...lora, targets: [...lora.targets] } : null,
    });
    const ask = vi.spyOn(WorkerLink.prototype, 'ask');
    try {
      const made = await work(await engine.open({ folder: models.folder('untied') }));
      const computing = new Set(
        ask.mock.calls.flatMap(([name], i) => (name === 'train' || name === 'gradient' ? [ask.mock.contexts[i]] : [])),
      );
      return { made, computing: computing.size };
    } finally {
      ask.mockRestore();
      await engine.close();
    }
  }

  it.each([
    ['policy-gradient', 0],
    ['policy-gradient', 0.1],
    ['log-likelihood', 0],
  ] as const)('gives the same bytes on any number of workers (%s, KL %d)', async (objective, klCoefficient) => {
    const twoSteps = async (policy: Policy) => {
      const batch = batchOf(policy, objective, klCoefficient);
      const metrics = [await policy.update(batch, step), await policy.update(batch, step)];
      return { metrics, state: await policy.save() };
    };
    const alone = await on(1, twoSteps);
    expect(alone.computing).toBe(1);
    expect(alone.made.metrics[1]?.loss).not.toBe(alone.made.metrics[0]?.loss);
    for (const workers of [2, 3]) {
      const together = await on(workers, twoSteps);
      expect(together.computing).toBe(workers);
      expect(together.made).toEqual(alone.made);
    }
  });

  it('gives the same bytes where adapters are trained', async () => {
    const work = async (policy: Policy) => {
      await policy.load(someAdapters(await policy.save()));
      const metrics = await policy.update(batchOf(policy, 'policy-gradient'), step);
      return { metrics, state: await policy.save() };
    };
    const [alone, together] = [await on(1, work, tinyLora), await on(2, work, tinyLora)];
    expect([alone.computing, together.computing]).toEqual([1, 2]);
    expect(together.made).toEqual(alone.made);
  });

  it('leaves no copy behind once its policies are released, several at once or one after the other', async () => {
    const engine = createEmbeddedEngine({ workers: 2, microBatchTokens: 128 });
    const ask = vi.spyOn(WorkerLink.prototype, 'ask');
    const policy = await engine.open({ folder: models.folder('untied') });
    const fork = await policy.fork();
    const batch = batchOf(policy, 'log-likelihood');
    await Promise.all([policy.update(batch, step), fork.update(batch, step)]);
    await policy.update(batch, step);
    await fork.update(batch, step);
    expect((await policy.save()).arrays).toEqual((await fork.save()).arrays);
    await Promise.all([policy.release(), fork.release()]);
    const calls = ask.mock.calls.map(([name]) => name);
    expect(calls).toContain('gradient');
    const made = calls.filter((name) => name === 'create' || name === 'fork').length;
    expect(calls.filter((name) => name === 'release')).toHaveLength(made);
    ask.mockRestore();
    await engine.close();
  });

  it('fails by its code when a helper dies, and the policy goes on without it', async () => {
    const engine = createEmbeddedEngine({ workers: 2, microBatchTokens: 128 });
    const policy = await engine.open({ folder: models.folder('untied') });
    const batch = batchOf(policy, 'policy-gradient');
    await policy.update(batch, step);
    const before = await policy.save();
    const ask = vi.spyOn(WorkerLink.prototype, 'ask').mockImplementation(function (this: WorkerLink, name, ...rest) {
      // The second share is the helper's.
      const { share } = rest[0] as { share?: { at: number } };
      if (share?.at === 1) this.end();
      return (original as (...all: unknown[]) => Promise<never>).call(this, name, ...rest);
    });
    const failing = policy.update(batch, step);
    await expect(failing).rejects.toMatchObject({ code: 'ENGINE_WORKER_DIED', kind: 'environment' });
    ask.mockRestore();
    expect(await policy.save()).toEqual(before);
    const { gradNorm } = await policy.update(batch, step);
    expect(gradNorm).toBeGreaterThan(0);
    await policy.release();
    await engine.close();
  });

  it('is done before what is asked after it, awaited or not', async () => {
    const run = (together: boolean) => async (policy: Policy) => {
      const results: Promise<unknown>[] = [];
      const call = async (operation: Promise<unknown>) => {
        results.push(operation);
        if (!together) await operation;
      };
      const batch = batchOf(policy, 'policy-gradient');
      const sequence = { tokens: policy.tokenizer.encode('ab?cde='), promptLength: 3 };
      const options = { samplesPerPrompt: 40, maxNewTokens: 4, temperature: 1, stopTokens: [], seed: 'order' };
      const before = await policy.save();
      await call(policy.sample([policy.tokenizer.encode('ab?')], options));
      await call(policy.update(batch, step));
      await call(policy.update(batch, step));
      await call(policy.logprobs([sequence]));
      await call(policy.update(batch, step));
      await call(policy.sample([policy.tokenizer.encode('ab?')], options));
      await call(policy.fork().then((fork) => fork.save()));
      await call(policy.save());
      await call(policy.load(before));
      await call(policy.update(batch, step));
      await call(policy.logprobs([sequence]));
      await call(policy.release());
      return Promise.all(results);
    };
    const apart = await on(1, run(false));
    for (const workers of [1, 2]) {
      const { made, computing } = await on(workers, run(true));
      expect(computing).toBe(workers);
      expect(made).toEqual(apart.made);
    }
  });

  it('that fails leaves the policy as it was, and ready', async () => {
    const failing = async (policy: Policy) => {
      const batch = batchOf(policy, 'policy-gradient');
      const huge = batch.sequences.map((one) => ({ ...one, advantage: 3e38, weight: 3e38 }));
      const before = await policy.save();
      await expect(policy.update({ ...batch, sequences: huge }, step)).rejects.toMatchObject({
        code: 'ENGINE_NOT_FINITE',
      });
      expect(await policy.save()).toEqual(before);
      await policy.update(batch, step);
      return policy.save();
    };
    const [alone, together] = [await on(1, failing), await on(2, failing)];
    expect(together.computing).toBe(2);
    expect(together.made).toEqual(alone.made);
  });
});
