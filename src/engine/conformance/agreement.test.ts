/** Two engines, one model: the embedded engine computes what the reference computes, and its workers do not show. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedEngine } from '../embedded/embedded-engine.js';
import type { Engine, OptimizerStep, Policy, SamplingOptions } from '../engine.js';
import { createReferenceEngine } from '../reference/reference-engine.js';
import { groupedTexts, mixedBatch, repetitiveBatch } from './batches.js';
import { gradientOf, weightsOf } from './stated-objective.js';
import { completionOf, joined, sequenceOf } from './texts.js';
import { someAdapters, type TinyModelName, tinyLora, writeTinyModels } from './tiny-model.js';

const step: OptimizerStep = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.05,
  maxGradNorm: 1,
};
const sampling: SamplingOptions = {
  samplesPerPrompt: 6,
  maxNewTokens: 10,
  temperature: 1,
  stopTokens: [],
  seed: 'both',
};
const texts = ['', 'a?', 'ab?', 'hgfe=', 'abcdefgh', 'c.', 'dd', '=?'];

let models: Awaited<ReturnType<typeof writeTinyModels>>;
const engines: Engine[] = [];
const made = (engine: Engine): Engine => {
  engines.push(engine);
  return engine;
};
beforeAll(async () => {
  models = await writeTinyModels();
});
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await models.remove();
});

const norm = (values: Float64Array) => Math.hypot(...values);
const prompts = (policy: Policy) => texts.map((text) => policy.tokenizer.encode(text));

describe('the embedded engine against the reference', () => {
  const reference = made(createReferenceEngine());
  // Small pieces, small micro-batches, few slots, logits of five tokens at once: every cut is used.
  const embedded = made(
    createEmbeddedEngine({ workers: 2, chunk: 12, microBatchTokens: 40, slots: 5, logitsAtOnce: 60 }),
  );
  const both = async (model: TinyModelName) => {
    const folder = models.folder(model);
    return [await reference.open({ folder }), await embedded.open({ folder })] as const;
  };

  it.each(['untied', 'tied'] as const)('agrees on log-probabilities to 1e-4 relative (%s head)', async (model) => {
    const [slow, fast] = await both(model);
    const sequences = texts.map((text, i) => sequenceOf(slow, text, texts[texts.length - 1 - i]));
    const [expected, actual] = [await slow.logprobs(sequences), await fast.logprobs(sequences)];
    expected.forEach((row, i) => {
      expect(actual[i]).toHaveLength(row.length);
      row.forEach((logp, t) => {
        expect(Math.abs(actual[i][t] - logp)).toBeLessThan(1e-4 * Math.abs(logp));
      });
    });
  });

  it.each([
    ['policy-gradient', 0, 'untied'],
    ['policy-gradient', 0.3, 'tied'],
    ['log-likelihood', 0.3, 'untied'],
  ] as const)('agrees on gradients to 1e-4 relative (%s, KL %d, %s head)', async (objective, beta, model) => {
    const [slow, fast] = await both(model);
    const batch = await mixedBatch(slow, objective, beta);
    const [expected, actual] = [await gradientOf(slow, batch), await gradientOf(fast, batch)];
    expect(norm(actual.map((g, i) => g - expected[i])) / norm(expected)).toBeLessThan(1e-4);
  });

  it.each([
    ['policy-gradient', 0],
    ['policy-gradient', 0.3],
    ['log-likelihood', 0.3],
  ] as const)('agrees where sequences are repeated (%s, KL %d)', async (objective, beta) => {
    const [slow, fast] = await both('untied');
    const batch = await repetitiveBatch(slow, objective, beta);
    const [expected, actual] = [await gradientOf(slow, batch), await gradientOf(fast, batch)];
    expect(norm(actual.map((g, i) => g - expected[i])) / norm(expected)).toBeLessThan(1e-4);
    const [theirs, ours] = [await slow.update(batch, step), await fast.update(batch, step)];
    expect([ours.tokensTrained, ours.tokensSkipped]).toEqual([theirs.tokensTrained, theirs.tokensSkipped]);
    for (const key of ['loss', 'gradNorm', 'entropy', 'klSampler', 'klReference'] as const) {
      if (Number.isNaN(theirs[key])) expect(ours[key]).toBeNaN();
      else expect(Math.abs(ours[key] - theirs[key])).toBeLessThan(1e-4 * (1 + Math.abs(theirs[key])));
    }
  });

  it('samples the same tokens where completions of a prompt go together for a while', async () => {
    const [slow, fast] = await both('untied');
    // Two tokens at most to choose from: most completions begin alike, all part somewhere.
    const options = {
      ...sampling,
      samplesPerPrompt: 12,
      topK: 2,
      temperature: 0.7,
      stopTokens: [...completionOf(slow, 'h')],
    };
    const [expected, actual] = [await slow.sample(prompts(slow), options), await fast.sample(prompts(fast), options)];
    const tokens = expected.flat().map((completion) => [...completion.tokens]);
    expect(actual.flat().map((completion) => [...completion.tokens])).toEqual(tokens);
    const beginnings = (length: number) =>
      new Set(tokens.map((list, i) => `${Math.floor(i / 12)}/${list.slice(0, length)}`)).size;
    expect(beginnings(2)).toBeLessThan(40);
    expect(beginnings(10)).toBeGreaterThan(60);
    expected.flat().forEach(({ logprobs }, i) => {
      logprobs.forEach((logp, t) => {
        expect(Math.abs(actual.flat()[i].logprobs[t] - logp)).toBeLessThan(1e-4);
      });
    });
  });

  it('samples the same tokens from the same seed', async () => {
    const [slow, fast] = await both('untied');
    const options = {
      ...sampling,
      stopTokens: [...completionOf(slow, '.')],
      stopStrings: ['ab', 'h'],
      topK: 9,
      topP: 0.97,
    };
    const tokens = async (policy: Policy) =>
      (await policy.sample(prompts(policy), options)).flat().map((completion) => [...completion.tokens]);
    expect(await tokens(fast)).toEqual(await tokens(slow));
  });

  it('goes on from a state of the reference, and back', async () => {
    const [slow, fast] = await both('tied');
    const batch = await mixedBatch(slow, 'policy-gradient', 0.1);
    await slow.update(batch, step);
    await fast.load(await slow.save());
    expect(await fast.save()).toEqual(await slow.save());
    const before = Float64Array.from(await weightsOf(slow));
    await Promise.all([slow.update(batch, step), fast.update(batch, step)]);
    const moved = (await weightsOf(slow)).map((weight, i) => weight - before[i]);
    const distance = (await weightsOf(fast)).map((weight, i) => weight - before[i] - moved[i]);
    expect(norm(Float64Array.from(distance)) / norm(Float64Array.from(moved))).toBeLessThan(1e-3);
    await slow.load(await fast.save());
    expect(await slow.save()).toEqual(await fast.save());
  });
});

describe('prompts that are computed once for several completions', () => {
  it.each<[TinyModelName, boolean]>([
    ['untied', false],
    ['tied', true],
  ])(
    'give the log-probabilities and the gradient of the reference (%s head, layers again: %s)',
    async (model, checkpointed) => {
      const folder = models.folder(model);
      const slow = await made(createReferenceEngine()).open({ folder });
      const settings = { workers: 1, microBatchTokens: 40, logitsAtOnce: 60, checkpointed };
      const [fast, apart] = await Promise.all(
        [true, false].map((sharedPrompts) =>
          made(createEmbeddedEngine({ ...settings, sharedPrompts })).open({ folder }),
        ),
      );
      for (const objective of ['policy-gradient', 'log-likelihood'] as const) {
        const batch = await mixedBatch(slow, objective, 0.2, groupedTexts);
        const [expected, actual] = [await slow.logprobs(batch.sequences), await fast.logprobs(batch.sequences)];
        expected.forEach((row, i) => {
          for (const [t, logp] of row.entries()) expect(actual[i][t]).toBeCloseTo(logp, 4);
        });
        const [slope, found] = [await gradientOf(slow, batch), await gradientOf(fast, batch)];
        expect(norm(found.map((g, i) => g - slope[i])) / norm(slope)).toBeLessThan(1e-4);
      }
      // Shared prompts are another computation, down to the last bits.
      const batch = await mixedBatch(slow, 'policy-gradient', 0, groupedTexts);
      expect(await gradientOf(fast, batch)).not.toEqual(await gradientOf(apart, batch));
    },
  );
});

describe('layers that are computed again for their gradient', () => {
  it.each([undefined, { ...tinyLora, targets: [...tinyLora.targets] }])(
    'give the same bytes (adapters: %j)',
    async (lora) => {
      const run = async (checkpointed: boolean) => {
        const engine = made(
          createEmbeddedEngine({
            workers: 1,
            microBatchTokens: 40,
            logitsAtOnce: 60,
            checkpointed,
            ...(lora && { lora }),
          }),
        );
        const policy = await engine.open({ folder: models.folder('untied') });
        if (lora) await policy.load(someAdapters(await policy.save()));
        const batch = await mixedBatch(policy, 'policy-gradient', 0.3);
        const metrics = [await policy.update(batch, step), await policy.update(batch, step)];
        return { metrics, state: await policy.save() };
      };
      expect(await run(true)).toEqual(await run(false));
    },
  );
});

it('a model that would not fit is refused before its weights are read', async () => {
  const engine = made(createEmbeddedEngine({ memoryLimit: 0.1 }));
  await expect(engine.open({ folder: models.folder('untied') })).rejects.toMatchObject({ code: 'ENGINE_MEMORY' });
});

describe('adapters', () => {
  const lora = { ...tinyLora, targets: [...tinyLora.targets] };
  it('of the embedded engine have the gradient that follows from the merged matrices', async () => {
    const folder = models.folder('untied');
    const slow = await made(createReferenceEngine({ lora })).open({ folder });
    const fast = await made(createEmbeddedEngine({ workers: 1, lora, microBatchTokens: 40 })).open({ folder });
    const state = someAdapters(await slow.save());
    await Promise.all([slow.load(state), fast.load(state)]);
    for (const objective of ['policy-gradient', 'log-likelihood'] as const) {
      const batch = await mixedBatch(slow, objective, 0.2);
      const [expected, actual] = [await gradientOf(slow, batch), await gradientOf(fast, batch)];
      expect(norm(actual.map((g, i) => g - expected[i])) / norm(expected)).toBeLessThan(1e-4);
    }
  });

  it('begin at the base model, whatever engine trains what', async () => {
    const folder = models.folder('tied');
    const base = await made(createReferenceEngine()).open({ folder });
    const begun = await made(createEmbeddedEngine({ workers: 1, lora })).open({ folder });
    expect(begun.model).toBe(base.model);
    const sequences = texts.map((text, i) => sequenceOf(base, text, texts[texts.length - 1 - i]));
    const [expected, actual] = [await base.logprobs(sequences), await begun.logprobs(sequences)];
    for (const [i, row] of expected.entries()) {
      for (const [t, logp] of row.entries()) expect(actual[i][t]).toBeCloseTo(logp, 4);
    }
    // Neither takes the other's state.
    await expect(begun.load(await base.save())).rejects.toMatchObject({ code: 'ENGINE_STATE_MISMATCH' });
    await expect(base.load(await begun.save())).rejects.toMatchObject({ code: 'ENGINE_STATE_MISMATCH' });
  });

  it('are not loaded beside another base', async () => {
    const engine = made(createReferenceEngine({ lora }));
    const [one, other] = [
      await engine.open({ folder: models.folder('untied') }),
      await engine.open({ folder: models.folder('flat') }),
    ];
    await expect(one.load(await other.save())).rejects.toMatchObject({ code: 'ENGINE_STATE_MISMATCH' });
  });
});

describe('the embedded engine on 1, 2 and 3 workers', () => {
  it('gives the same bytes for requests cut into pieces, forks and updates', async () => {
    const run = async (workers: number) => {
      const engine = made(createEmbeddedEngine({ workers, chunk: 12, microBatchTokens: 40, slots: 5 }));
      const policy = await engine.open({ folder: models.folder('untied') });
      // Eight prompts of six: four pieces of two prompts.
      const first = await policy.sample(prompts(policy), sampling);
      const mixed = await mixedBatch(policy, 'policy-gradient', 0.1);
      const students = await Promise.all([1, 2, 3, 4].map(() => policy.fork()));
      const studied = await Promise.all(
        students.map(async (student, i) => {
          const batch = { ...mixed, sequences: mixed.sequences.slice(i) };
          const metrics = [await student.update(batch, step), await student.update(batch, step)];
          return { metrics, after: await student.sample(prompts(student), { ...sampling, seed: `student-${i}` }) };
        }),
      );
      const answers = first.flatMap((group, p) => group.map(({ tokens }) => joined(prompts(policy)[p], tokens)));
      return {
        first,
        studied,
        scored: await policy.logprobs(answers),
        states: await Promise.all(students.map((s) => s.save())),
      };
    };
    const alone = await run(1);
    expect(alone.first).toHaveLength(8);
    expect(alone.studied[0].after).not.toEqual(alone.studied[1].after);
    expect(await run(2)).toEqual(alone);
    expect(await run(3)).toEqual(alone);
  });
});
