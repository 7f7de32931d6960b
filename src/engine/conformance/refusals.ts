/** Conformance: what an engine refuses, by which code, and that a refusal changes nothing. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type {
  Capabilities,
  Engine,
  OptimizerStep,
  Policy,
  PolicyState,
  SamplingOptions,
  TrainingSequence,
} from '../engine.js';
import { mixedBatch } from './batches.js';
import { sequenceOf } from './texts.js';
import type { Open, TinyModelName } from './tiny-model.js';

const options: SamplingOptions = {
  samplesPerPrompt: 1,
  maxNewTokens: 4,
  temperature: 1,
  stopTokens: [],
  seed: 'refused',
};
const step: OptimizerStep = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
};

const refused = (operation: Promise<unknown>, code: string) =>
  expect(operation).rejects.toEqual(expect.objectContaining({ name: 'SoarError', code, remedy: expect.any(String) }));

const sample = (policy: Policy, tokens: readonly number[], changed: Partial<SamplingOptions> = {}) =>
  policy.sample([policy.tokenizer.encode('a'), Int32Array.from(tokens)], { ...options, ...changed });

export function describeRefusals(
  open: Open,
  makeEngine: () => Promise<Engine>,
  { readableStates }: Capabilities,
  models: readonly TinyModelName[],
): void {
  describe('refusals', () => {
    it('of a prompt: empty, outside the vocabulary, without room for its completion', async () => {
      const policy = await open();
      await refused(sample(policy, []), 'ENGINE_EMPTY_PROMPT');
      await refused(sample(policy, [0, policy.tokenizer.vocabularySize]), 'ENGINE_BAD_TOKEN');
      await refused(sample(policy, [0, -1]), 'ENGINE_BAD_TOKEN');
      const longest = new Array(policy.contextLength - options.maxNewTokens).fill(1);
      await refused(sample(policy, [...longest, 1]), 'ENGINE_PROMPT_TOO_LONG');
      expect((await sample(policy, longest))[1][0].tokens).toHaveLength(options.maxNewTokens);
      await policy.release();
    });

    it.each([
      { samplesPerPrompt: 0 },
      { samplesPerPrompt: 1.5 },
      { maxNewTokens: 0 },
      { temperature: -1 },
      { temperature: Number.POSITIVE_INFINITY },
      { topP: 0 },
      { topP: 1.1 },
      { topK: -1 },
    ])('of sampling options out of range: %j', async (changed) => {
      const policy = await open();
      await refused(sample(policy, [0], changed), 'ENGINE_SAMPLING_OPTIONS');
      await policy.release();
    });

    it('of a sequence to score: no prompt, prompt past its end, too long, outside the vocabulary', async () => {
      const policy = await open();
      const score = (tokens: readonly number[], promptLength: number) =>
        policy.logprobs([sequenceOf(policy, 'a', 'b'), { tokens: Int32Array.from(tokens), promptLength }]);
      await refused(score([1, 2], 0), 'ENGINE_EMPTY_PROMPT');
      await refused(score([1, 2], 3), 'ENGINE_SEQUENCE');
      await refused(score([1, 99], 1), 'ENGINE_BAD_TOKEN');
      const full = new Array(policy.contextLength).fill(1);
      await refused(score([...full, 1], 1), 'ENGINE_SEQUENCE');
      expect((await score(full, 1))[1]).toHaveLength(policy.contextLength - 1);
      await policy.release();
    });

    it.each<[string, Partial<TrainingSequence>]>([
      ['advantage', { advantage: Float32Array.of(1) }],
      ['weight', { weight: Float32Array.of(1, 1, 1) }],
      ['samplerLogprobs', { samplerLogprobs: Float32Array.of(-1) }],
      ['referenceLogprobs', { referenceLogprobs: Float32Array.of(-1) }],
    ])('of a batch whose %s do not fit the completion', async (_, wrong) => {
      const policy = await open();
      const logprobs = Float32Array.of(-1, -1);
      const right = { advantage: 1, weight: 1, samplerLogprobs: logprobs, referenceLogprobs: logprobs };
      const sequence = { ...sequenceOf(policy, 'a', 'bc'), ...right, ...wrong };
      const batch = { objective: 'policy-gradient', sequences: [sequence], klCoefficient: 0.1 } as const;
      await refused(policy.update(batch, step), 'ENGINE_BATCH');
      await policy.release();
    });

    it('of a batch without what its objective needs', async () => {
      const policy = await open();
      const sequences = [{ ...sequenceOf(policy, 'a', 'bc'), advantage: 1, weight: 1 }];
      await refused(policy.update({ objective: 'policy-gradient', sequences }, step), 'ENGINE_BATCH');
      const withKl = { objective: 'log-likelihood', sequences, klCoefficient: 0.1 } as const;
      await refused(policy.update(withKl, step), 'ENGINE_BATCH');
      await policy.release();
    });

    it.each([
      ['an infinite ratio', { samplerLogprobs: Float32Array.of(-1, -400) }],
      ['an advantage that is not a number', { advantage: Number.NaN }],
    ])('of %s leave weights and optimizer as they were', async (_, wrong) => {
      const policy = await open();
      await policy.update(await mixedBatch(policy, 'log-likelihood', 0), step);
      const before = await policy.save();
      const sequence = {
        ...sequenceOf(policy, 'a', 'bc'),
        advantage: 1,
        weight: 1,
        samplerLogprobs: Float32Array.of(-1, -1),
        ...wrong,
      };
      const update = policy.update({ objective: 'policy-gradient', sequences: [sequence] }, step);
      await refused(update, 'ENGINE_NOT_FINITE');
      expect(await policy.save()).toEqual(before);
      await policy.release();
    });

    it.skipIf(!models.includes('tied'))("of another model's state, and of a damaged one", async () => {
      const [policy, other] = [await open('untied'), await open('tied')];
      await policy.update(await mixedBatch(policy, 'log-likelihood', 0), step);
      const state = await policy.save();
      await refused(policy.load(await other.save()), 'ENGINE_STATE_MISMATCH');
      const short = Object.fromEntries(Object.entries(state.arrays).map(([name, array]) => [name, array.subarray(1)]));
      const damaged: PolicyState[] = [
        { ...state, format: 'another' },
        { ...state, facts: {} },
        ...(readableStates
          ? [
              { ...state, arrays: {} },
              { ...state, arrays: short },
            ]
          : []),
      ];
      for (const wrong of damaged) await refused(policy.load(wrong), 'ENGINE_STATE_MISMATCH');
      expect(await policy.save()).toEqual(state);
      await Promise.all([policy.release(), other.release()]);
    });

    it('of a released policy, but not of its forks', async () => {
      const policy = await open();
      const sequence = sequenceOf(policy, 'a', 'b');
      const [fork, state] = [await policy.fork(), await policy.save()];
      await policy.release();
      await policy.release();
      for (const operation of [
        () => policy.fork(),
        () => sample(policy, [0]),
        () => policy.logprobs([sequence]),
        () => policy.update({ objective: 'log-likelihood', sequences: [] }, step),
        () => policy.save(),
        () => policy.load(state),
      ]) {
        await refused(operation(), 'ENGINE_RELEASED');
      }
      expect(await fork.logprobs([sequence])).toHaveLength(1);
      await fork.release();
    });

    it('of a model folder that is not there', async () => {
      const engine = await makeEngine();
      await refused(engine.open({ folder: join('no', 'such', 'model') }), 'MODEL_MISSING');
      await engine.close();
    });

    it('of a closed engine', async () => {
      const engine = await makeEngine();
      const policy = await open('untied', engine);
      await engine.close();
      await engine.close();
      await refused(policy.save(), 'ENGINE_CLOSED');
      await refused(policy.logprobs([sequenceOf(policy, 'a', 'b')]), 'ENGINE_CLOSED');
      await refused(open('untied', engine), 'ENGINE_CLOSED');
    });
  });
}
