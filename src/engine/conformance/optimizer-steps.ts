/** Conformance: what one update does to the weights, and what it reports. */
import { describe, expect, it } from 'vitest';
import { llamaLayout } from '../../checkpoints/llama-shape.js';
import type { LoraShape } from '../../checkpoints/lora.js';
import type { Capabilities, OptimizerStep, Policy, TrainingBatch, TrainingSequence } from '../engine.js';
import { mixedBatch } from './batches.js';
import { gradientOf, k3, statedLoss, weightsOf } from './stated-objective.js';
import { nextLogprobs, sequenceOf } from './texts.js';
import { type Open, shapeOf } from './tiny-model.js';

const step: OptimizerStep = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-4,
  weightDecay: 0.2,
  maxGradNorm: 0,
};

const norm = (values: Float64Array) => Math.hypot(...values);

/**
 * AdamW as the seam states it, from the gradients of all steps so far: after n steps m is the sum over i of
 * (1 - beta1) * beta1^(n - i) * g_i, and likewise v; no running state. Returns the weights after the last step.
 */
function adamw(before: Float32Array, gradients: readonly Float64Array[], settings: OptimizerStep): Float64Array {
  const { learningRate, beta1, beta2, epsilon, weightDecay, maxGradNorm } = settings;
  const clipped = gradients.map((gradient) => {
    const factor = maxGradNorm > 0 ? Math.min(1, maxGradNorm / norm(gradient)) : 1;
    return gradient.map((g) => g * factor);
  });
  const n = gradients.length;
  const mean = (i: number, beta: number, power: number) =>
    clipped.reduce((sum, g, s) => sum + (1 - beta) * beta ** (n - 1 - s) * g[i] ** power, 0) / (1 - beta ** n);
  return Float64Array.from(before, (p, i) => {
    return p - learningRate * (mean(i, beta1, 1) / (Math.sqrt(mean(i, beta2, 2)) + epsilon) + weightDecay * p);
  });
}

function expectClose(actual: Float32Array, expected: Float64Array): void {
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
  // A thousandth of a step.
  expect(worst).toBeLessThan(1e-3 * step.learningRate);
}

/** Adds a sequence without advantage before, between and after those of a batch. */
function withIdle(policy: Policy, batch: TrainingBatch): { batch: TrainingBatch; idleTokens: number } {
  const idle = ['a', 'hgfe', 'bcdefgh=a.'].map((completion): TrainingSequence => {
    const zeros = new Float32Array(completion.length);
    const sequence = sequenceOf(policy, 'cab?', completion);
    const perToken = completion.length > 4;
    return { ...sequence, advantage: perToken ? zeros : 0, weight: 0.5, samplerLogprobs: zeros.map(() => -1) };
  });
  const [first, ...rest] = batch.sequences;
  return { batch: { ...batch, sequences: [idle[0], first, idle[1], ...rest, idle[2]] }, idleTokens: 15 };
}

/** As good as the same weights: in what they say, and where they can be read. */
async function expectAlike(one: Policy, other: Policy, batch: TrainingBatch, readable: boolean): Promise<void> {
  if (readable) expectClose(await weightsOf(one), Float64Array.from(await weightsOf(other)));
  const [expected, found] = [await other.logprobs(batch.sequences), await one.logprobs(batch.sequences)];
  for (const [i, row] of expected.entries()) {
    for (const [t, logp] of row.entries()) expect(Math.abs((found[i] as Float32Array)[t] - logp)).toBeLessThan(1e-4);
  }
}

export function describeOptimizerSteps(
  open: Open,
  { readableStates, exactMetrics }: Capabilities,
  lora?: LoraShape,
): void {
  const readable = it.skipIf(!readableStates);
  describe('an update', () => {
    readable.each([
      ['without clipping', 0, 1],
      ['clipped to half the norm', 0.5, 1],
      ['with a clip above the norm', 2, 1],
    ])('is one AdamW step with decoupled decay, %s', async (_, clipAt, steps) => {
      const policy = await open();
      const batch = await mixedBatch(policy, 'policy-gradient', 0);
      const gradient = await gradientOf(policy, batch);
      const before = await weightsOf(policy);
      const settings = { ...step, maxGradNorm: clipAt * norm(gradient) };
      const { gradNorm } = await policy.update(batch, settings);
      expect(gradNorm / norm(gradient)).toBeCloseTo(steps, 4);
      expectClose(await weightsOf(policy), adamw(before, [gradient], settings));
      await policy.release();
    });

    // Adapters leave the head alone.
    it.skipIf(lora || !readableStates)('is the step worked out by hand under uniform probabilities', async () => {
      // A head of zeros: the loss log 12 has d/d(head row i) = (1/12 - [i = target]) h and no other gradient. With m = 0.1 g,
      // v = 0.05 g^2, both corrected, a first step moves a weight p by -0.01 (g / (|g| + 1e-12) + 0.2 p): the head's from 0 to
      // -0.01 sign(g), so +0.01 sign(h) for the target and -0.01 sign(h) for the others; any other weight to 0.998 p.
      const policy = await open('flat');
      const before = await weightsOf(policy);
      const sequence = { tokens: Int32Array.of(0, 3, 5), promptLength: 2, advantage: 1, weight: 1 };
      const settings = { ...step, epsilon: 1e-12 };
      const { loss } = await policy.update({ objective: 'log-likelihood', sequences: [sequence] }, settings);
      expect(loss).toBeCloseTo(2.4849066, 6);
      const after = await weightsOf(policy);
      const head = llamaLayout(shapeOf('flat')).slots.at(-1) as { offset: number; shape: readonly number[] };
      const [vocabulary, width] = head.shape as [number, number];
      const signs = Array.from({ length: width }, (_, j) => Math.sign(after[head.offset + 5 * width + j] as number));
      expect(new Set(signs)).toEqual(new Set([1, -1]));
      const rows = Array.from({ length: vocabulary }, (_, i) => signs.map((sign) => (i === 5 ? 0.01 : -0.01) * sign));
      const others = before.subarray(0, head.offset).map((p) => 0.998 * p);
      const worst = [...others, ...rows.flat()].map((expected, i) => Math.abs((after[i] as number) - expected));
      expect(Math.max(...worst)).toBeLessThan(1e-6);
      await policy.release();
    });

    readable('carries the moments into the second and third step', async () => {
      const policy = await open('tied');
      const gradients: Float64Array[] = [];
      for (const objective of ['policy-gradient', 'log-likelihood', 'policy-gradient'] as const) {
        const batch = await mixedBatch(policy, objective, 0.1);
        gradients.push(await gradientOf(policy, batch));
        const before = await weightsOf(policy);
        await policy.update(batch, step);
        expectClose(await weightsOf(policy), adamw(before, gradients, step));
      }
      await policy.release();
    });

    it.each(['policy-gradient', 'log-likelihood'] as const)(
      'by %s is the same with and without sequences of no advantage, and counts them',
      async (objective) => {
        const policy = await open();
        const batch = await mixedBatch(policy, objective, 0);
        const trained = batch.sequences.reduce(
          (sum, { tokens, promptLength }) => sum + tokens.length - promptLength,
          0,
        );
        const more = withIdle(policy, batch);
        const [alone, crowded] = [await open(), await open()];
        const lean = await alone.update(batch, step);
        const full = await crowded.update(more.batch, step);
        expect([lean.tokensTrained, lean.tokensSkipped]).toEqual([trained, 0]);
        expect([full.tokensTrained, full.tokensSkipped]).toEqual([trained, more.idleTokens]);
        expect(full.loss).toBeCloseTo(lean.loss, 6);
        expect(full.entropy).toBeCloseTo(lean.entropy, 6);
        await expectAlike(crowded, alone, batch, readableStates);
        await Promise.all([policy, alone, crowded].map((each) => each.release()));
      },
    );

    it('trains a sequence without advantage where the KL term pulls on it', async () => {
      const policy = await open();
      const sequence = {
        ...sequenceOf(policy, 'a', 'bc'),
        advantage: 0,
        weight: 1,
        samplerLogprobs: Float32Array.of(-1, -1),
        referenceLogprobs: Float32Array.of(-3, -0.5),
      };
      const batch = { objective: 'policy-gradient', sequences: [sequence], klCoefficient: 0.1 } as const;
      const metrics = await policy.update(batch, step);
      expect([metrics.tokensTrained, metrics.tokensSkipped]).toEqual([2, 0]);
      if (exactMetrics) expect(metrics.gradNorm).toBeGreaterThan(0);
      await policy.release();
    });

    readable('without any gradient still decays moments and weights', async () => {
      const policy = await open();
      const batch = await mixedBatch(policy, 'log-likelihood', 0);
      const gradient = await gradientOf(policy, batch);
      await policy.update(batch, step);
      const before = await weightsOf(policy);
      const idle = batch.sequences.map((sequence) => ({ ...sequence, advantage: 0 }));
      const metrics = await policy.update({ ...batch, sequences: idle }, step);
      expect(metrics).toMatchObject({ loss: 0, gradNorm: 0, tokensTrained: 0, entropy: Number.NaN });
      expectClose(await weightsOf(policy), adamw(before, [gradient, gradient.map(() => 0)], step));
      const none = await policy.update({ ...batch, sequences: [] }, step);
      expect(none).toMatchObject({ loss: 0, gradNorm: 0, tokensTrained: 0, tokensSkipped: 0 });
      await policy.release();
    });

    it.each([
      ['policy-gradient', 0],
      ['policy-gradient', 0.4],
      ['log-likelihood', 0.4],
    ] as const)('by %s with KL coefficient %d reports its loss and diagnostics', async (objective, klCoefficient) => {
      const policy = await open();
      const batch = await mixedBatch(policy, objective, klCoefficient);
      const own = await policy.logprobs(batch.sequences);
      const before = batch.sequences.flatMap(({ tokens, promptLength }) =>
        Array.from({ length: tokens.length - promptLength }, (_, t) => tokens.slice(0, promptLength + t)),
      );
      const entropies = (await nextLogprobs(policy, before)).map((row) =>
        row.reduce((sum, logp) => sum - Math.exp(logp) * logp, 0),
      );
      const mean = (value: (sequence: TrainingSequence, logpi: number, i: number, t: number) => number) => {
        const values = batch.sequences.flatMap((sequence, i) =>
          Array.from(own[i], (logpi, t) => value(sequence, logpi, i, t)),
        );
        return values.reduce((a, b) => a + b, 0) / values.length;
      };
      const metrics = await policy.update(batch, step);
      expect(metrics.loss).toBeCloseTo(statedLoss(batch, own), 5);
      const entropy = exactMetrics
        ? entropies.reduce((a, b) => a + b, 0) / entropies.length
        : mean((_, logpi) => -logpi);
      expect(metrics.entropy).toBeCloseTo(entropy, 5);
      const klSampler = mean(({ samplerLogprobs }, logpi, _, t) => (samplerLogprobs?.[t] ?? Number.NaN) - logpi);
      const klReference = mean(({ referenceLogprobs }, logpi, _, t) => k3(referenceLogprobs?.[t] ?? Number.NaN, logpi));
      for (const [reported, expected] of [
        [metrics.klSampler, klSampler],
        [metrics.klReference, klReference],
      ]) {
        if (Number.isNaN(expected)) expect(reported).toBeNaN();
        else expect(reported).toBeCloseTo(expected, 5);
      }
      expect(Number.isNaN(klSampler)).toBe(objective === 'log-likelihood');
      expect(Number.isNaN(klReference)).toBe(klCoefficient === 0);
      expect(metrics.padding).toBeGreaterThanOrEqual(0);
      expect(metrics.padding).toBeLessThan(1);
      await policy.release();
    });
  });
}
