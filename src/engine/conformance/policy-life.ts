/** Conformance: forks, the order of operations, saved states, and learning over many steps. */
import { describe, expect, it } from 'vitest';
import type { Capabilities, OptimizerStep, Policy, TrainingBatch } from '../engine.js';
import { mixedBatch } from './batches.js';
import { sequenceOf } from './texts.js';
import type { Open } from './tiny-model.js';

const step: OptimizerStep = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.05,
  maxGradNorm: 1,
};

const prompts = ['ab?', ''];

/** Everything of a policy that an operation can read again, without where a state is kept. */
async function viewOf(policy: Policy, seeded: boolean) {
  const asked = prompts.map((prompt) => policy.tokenizer.encode(prompt));
  const options = { samplesPerPrompt: 3, maxNewTokens: 6, temperature: 1, stopTokens: [], seed: 'view' };
  return {
    scored: await policy.logprobs([sequenceOf(policy, 'ab?', 'cde='), sequenceOf(policy, '', 'hg.')]),
    sampled: seeded && (await policy.sample(asked, options)),
    saved: (await policy.save()).arrays,
  };
}

async function trained(open: Open): Promise<{ policy: Policy; batch: TrainingBatch }> {
  const policy = await open();
  const batch = await mixedBatch(policy, 'policy-gradient', 0);
  await policy.update(batch, step);
  await policy.update(batch, step);
  return { policy, batch };
}

export function describePolicyLife(open: Open, { trainableForks, fullFineTuning, seededSampling }: Capabilities): void {
  const view = (policy: Policy) => viewOf(policy, seededSampling);
  describe.skipIf(!trainableForks)('a fork', () => {
    it('starts with the same weights and a fresh optimizer', async () => {
      const { policy, batch } = await trained(open);
      const fork = await policy.fork();
      const [mine, its] = [await view(policy), await view(fork)];
      expect([its.scored, its.sampled, its.saved.weights]).toEqual([mine.scored, mine.sampled, mine.saved.weights]);
      const fresh = await open();
      await fresh.load(await policy.save({ optimizer: false }));
      await Promise.all([fork.update(batch, step), fresh.update(batch, step)]);
      expect(await view(fork)).toEqual(await view(fresh));
      await Promise.all([policy, fork, fresh].map((each) => each.release()));
    });

    it('and its origin do not reach one another', async () => {
      const { policy, batch } = await trained(open);
      const fork = await policy.fork();
      const [mine, its] = [await view(policy), await view(fork)];
      await fork.update(batch, step);
      expect(await view(policy)).toEqual(mine);
      expect(await view(fork)).not.toEqual(its);
      const moved = await view(fork);
      await policy.update(batch, step);
      await policy.release();
      expect(await view(fork)).toEqual(moved);
      await fork.release();
    });
  });

  describe('operations', () => {
    it('are applied in the order they are called, awaited or not', async () => {
      const { policy, batch } = await trained(open);
      const before = await policy.save();
      const run = async (together: boolean) => {
        const [subject, other] = [await open(), await open()];
        await subject.load(before);
        const results: Promise<unknown>[] = [];
        const call = async <T>(operation: Promise<T>) => {
          results.push(operation);
          if (together) return;
          await operation;
        };
        const sequence = sequenceOf(subject, 'ab?', 'cde=');
        const options = { samplesPerPrompt: 80, maxNewTokens: 3, temperature: 1, stopTokens: [], seed: 'order' };
        const ask = prompts.map((prompt) => subject.tokenizer.encode(prompt));
        await call(subject.logprobs([sequence]));
        await call(subject.sample(ask, options).then((drawn) => seededSampling && drawn));
        await call(subject.update(batch, step));
        await call(subject.fork().then(view));
        await call(other.update(batch, step));
        await call(subject.sample(ask, options).then((drawn) => seededSampling && drawn));
        await call(subject.save().then(({ arrays }) => arrays));
        await call(subject.load(before));
        await call(subject.logprobs([sequence]));
        await call(subject.update(batch, step));
        await call(subject.logprobs([sequence]));
        const all = await Promise.all(results);
        await Promise.all([subject.release(), other.release()]);
        return all;
      };
      expect(await run(true)).toEqual(await run(false));
      await policy.release();
    });
  });

  describe('a saved state', () => {
    it('restores weights and optimizer, so that the next step is the same', async () => {
      const { policy, batch } = await trained(open);
      const state = await policy.save();
      const [twin, other] = [await open(), await mixedBatch(policy, 'log-likelihood', 0)];
      await twin.update(other, step);
      await twin.load(state);
      expect(await twin.save()).toEqual(state);
      await Promise.all([policy.update(batch, step), twin.update(batch, step)]);
      expect(await view(twin)).toEqual(await view(policy));
      await Promise.all([policy.release(), twin.release()]);
    });

    it.skipIf(!trainableForks)('without the optimizer gives a fresh one', async () => {
      const { policy, batch } = await trained(open);
      const state = await policy.save({ optimizer: false });
      const fork = await policy.fork();
      await policy.load(state);
      expect(await policy.save()).toEqual(state);
      await Promise.all([policy.update(batch, step), fork.update(batch, step)]);
      expect(await view(policy)).toEqual(await view(fork));
      await Promise.all([policy.release(), fork.release()]);
    });

    it('is a copy: neither later steps nor the reader change it or the policy', async () => {
      const { policy, batch } = await trained(open);
      const state = await policy.save();
      const kept = structuredClone(state);
      const twin = await open();
      await twin.load(state);
      await Promise.all([policy.update(batch, step), twin.update(batch, step)]);
      expect(state).toEqual(kept);
      const before = await view(policy);
      for (const array of Object.values((await policy.save()).arrays)) array.fill(0);
      expect(await view(policy)).toEqual(before);
      await twin.load(state);
      for (const array of Object.values(state.arrays)) array.fill(0);
      expect(await twin.save()).toEqual(kept);
      await Promise.all([policy.release(), twin.release()]);
    });
  });

  describe('learning', () => {
    // Beside a frozen head of random rows no policy can be surer of all of them.
    it(`fits a few texts to more than ${fullFineTuning ? 99 : 40} %`, async () => {
      const policy = await open();
      const lessons = [
        ['a?', 'bcd.'],
        ['b?', 'cda.'],
        ['ab?', '=.'],
      ] as const;
      const sequences = lessons.map(([prompt, completion]) => ({
        ...sequenceOf(policy, prompt, completion),
        advantage: 1,
        weight: 1 / lessons.length,
      }));
      const likelihoods = async () =>
        (await policy.logprobs(sequences)).map((logprobs) => Math.exp(logprobs.reduce((a, b) => a + b, 0)));
      expect(Math.max(...(await likelihoods()))).toBeLessThan(0.05);
      // A server may begin its adapters larger than ours, and a step then weighs more (docs/cluster.md).
      const [steps, learningRate] = fullFineTuning ? [60, 0.02] : [120, 0.005];
      const settings = { ...step, learningRate, weightDecay: 0 };
      for (let i = 0; i < steps; i++) await policy.update({ objective: 'log-likelihood', sequences }, settings);
      expect(Math.min(...(await likelihoods()))).toBeGreaterThan(fullFineTuning ? 0.99 : 0.4);
      const answers = await policy.sample(
        lessons.map(([prompt]) => policy.tokenizer.encode(prompt)),
        { samplesPerPrompt: 1, maxNewTokens: 10, temperature: 0, stopTokens: policy.tokenizer.endTokens, seed: '' },
      );
      expect(answers.map(([{ tokens }]) => policy.tokenizer.decode(tokens))).toEqual(lessons.map(([, text]) => text));
      await policy.release();
    });
  });
}
