/** Conformance: the gradient that an update follows is the stated objective's, whatever else is in the batch. */
import { describe, expect, it } from 'vitest';
import { llamaLayout, type ParameterLayout } from '../../checkpoints/llama-shape.js';
import { type LoraShape, trainedLayout } from '../../checkpoints/lora.js';
import { randomStream } from '../../rl/random.js';
import type { Capabilities, Policy, TrainingBatch } from '../engine.js';
import { mixedBatch } from './batches.js';
import { gradientOf, statedLoss, weightsOf } from './stated-objective.js';
import { type Open, shapeOf } from './tiny-model.js';

const norm = (values: Float64Array) => Math.hypot(...values);

/** Along a random direction within each tensor, `distance` both ways, the change of the stated loss against gradient . direction. */
async function expectFiniteDifferences(
  policy: Policy,
  batch: TrainingBatch,
  { slots }: ParameterLayout,
  distance: number,
): Promise<void> {
  const random = randomStream('directions');
  const weights = await weightsOf(policy);
  const state = await policy.save({ optimizer: false });
  const gradient = await gradientOf(policy, batch);
  const lossAt = async (moved: Float32Array) => {
    await policy.load({ ...state, arrays: { weights: moved } });
    return statedLoss(batch, await policy.logprobs(batch.sequences));
  };
  for (const { name, offset, size } of slots) {
    const [up, down] = [weights.slice(), weights.slice()];
    const reach = distance / Math.sqrt(size);
    for (let i = offset; i < offset + size; i++) {
      const step = random.float() < 0.5 ? reach : -reach;
      up[i] += step;
      down[i] -= step;
    }
    // What was really stepped, in single precision.
    let predicted = 0;
    for (let i = offset; i < offset + size; i++) predicted += gradient[i] * (up[i] - down[i]);
    const observed = (await lossAt(up)) - (await lossAt(down));
    // The standard deviation of `predicted` over random directions.
    const typical = 2 * reach * norm(gradient.subarray(offset, offset + size));
    expect(Math.abs(observed - predicted) / typical, `${name}: ${observed} against ${predicted}`).toBeLessThan(0.05);
  }
  await policy.load(state);
}

export function describeGradients(open: Open, { readableStates }: Capabilities, lora?: LoraShape): void {
  describe.skipIf(!readableStates)('gradients', () => {
    it.each([
      ['policy-gradient', 0, 'untied'],
      ['policy-gradient', 0.3, 'tied'],
      ['log-likelihood', 0, 'tied'],
      ['log-likelihood', 0.3, 'untied'],
    ] as const)('of %s with KL coefficient %d are central differences (%s head)', async (objective, beta, model) => {
      const policy = await open(model);
      const layout = trainedLayout({ shape: shapeOf(model), ...(lora && { lora }) });
      await expectFiniteDifferences(policy, await mixedBatch(policy, objective, beta), layout, lora ? 0.05 : 0.1);
      await policy.release();
    });

    it.each([
      ['policy-gradient', 0.1],
      ['log-likelihood', 0],
    ] as const)('of a batch of mixed lengths are the sum of each alone (%s, KL %d)', async (objective, beta) => {
      const policy = await open();
      const batch = await mixedBatch(policy, objective, beta);
      const together = await gradientOf(policy, batch);
      const sum = new Float64Array(together.length);
      for (const sequence of batch.sequences) {
        const alone = await gradientOf(policy, { ...batch, sequences: [sequence] });
        alone.forEach((g, i) => {
          sum[i] += g;
        });
      }
      expect(norm(together.map((g, i) => g - sum[i])) / norm(sum)).toBeLessThan(1e-5);
      await policy.release();
    });

    // Adapters leave the head alone.
    it.skipIf(lora)('of one token under uniform probabilities are the ones worked out by hand', async () => {
      // The head is zero, so pi = 1/V everywhere, and only the head's own gradient is not zero. With loss -log pi_target:
      // d(L)/d(head row i) = (1/V - [i = target]) * h, h the last hidden state. The rows add up to zero, and the target's is
      // -(V - 1) times any other.
      const policy = await open('flat');
      const target = 5;
      const sequence = { tokens: Int32Array.of(0, 3, target), promptLength: 2, advantage: 1, weight: 1 };
      const gradient = await gradientOf(policy, { objective: 'log-likelihood', sequences: [sequence] });
      const { slots } = llamaLayout(shapeOf('flat'));
      const head = slots.at(-1) as (typeof slots)[number];
      expect(norm(gradient.subarray(0, head.offset))).toBe(0);
      const [vocabulary, width] = head.shape;
      const row = (i: number) => gradient.subarray(head.offset + i * width, head.offset + (i + 1) * width);
      expect(norm(row(0))).toBeGreaterThan(0.01);
      for (let i = 0; i < vocabulary; i++) {
        row(i).forEach((g, j) => {
          expect(g / row(0)[j]).toBeCloseTo(i === target ? -(vocabulary - 1) : 1, 4);
        });
      }
      await policy.release();
    });
  });
}
