/**
 * Our engines against Hugging Face transformers and PyTorch, on model folders of each family that transformers wrote. What they computed is
 * recorded by bench/peers/transformers/record.py.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llamaLayout } from '../../checkpoints/llama-shape.js';
import { loraTargets } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { decodeSafetensors } from '../../checkpoints/safetensors.js';
import type { Tokenizer } from '../../checkpoints/tokenizer.js';
import { createEmbeddedEngine } from '../embedded/embedded-engine.js';
import type { Engine, OptimizerStep, Policy, TrainingBatch } from '../engine.js';
import { createReferenceEngine } from '../reference/reference-engine.js';
import { peerFolder, peerModels } from './peer-models.js';
import { gradientOf, weightsOf } from './stated-objective.js';
import { joined, nextLogprobs } from './texts.js';

type Objective = TrainingBatch['objective'];

/** expected.json; arrays of numbers are single precision. */
interface Facts {
  /** The order of tensors in a flat array of expected.safetensors. */
  readonly names: readonly string[];
  readonly step: OptimizerStep;
  readonly batches: Readonly<Record<Objective, Pick<TrainingBatch, 'objective' | 'klCoefficient'>>>;
  readonly losses: Readonly<Record<Objective, number>>;
  /** Before clipping, of the first and the second step. */
  readonly norms: readonly number[];
  /** [sequence][new token] */
  readonly greedy: readonly (readonly number[])[];
  readonly sequences: readonly {
    readonly tokens: readonly number[];
    readonly promptLength: number;
    readonly advantage: readonly number[];
    readonly weight: readonly number[];
    /** log pi of the completion. */
    readonly logprobs: readonly number[];
    readonly samplerLogprobs: readonly number[];
    readonly referenceLogprobs: readonly number[];
  }[];
  readonly encodings: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[];
}

const objectives: readonly Objective[] = ['policy-gradient', 'log-likelihood'];

async function recorded(model: string) {
  const folder = peerFolder(model);
  const facts = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Facts;
  const { tensors } = decodeSafetensors(await readFile(join(folder, 'expected.safetensors')), folder);
  const array = (name: string) => tensors.get(name)?.data as Float32Array;
  const { shape } = await readModelFolder(folder);
  const layout = llamaLayout(shape);
  /** From the recorded order of tensors to `llamaLayout`'s. */
  const flat = (name: string): Float32Array => {
    const [from, to] = [array(name), new Float32Array(layout.size)];
    expect(from).toHaveLength(layout.size);
    let start = 0;
    for (const key of facts.names) {
      const slot = layout.slots.find((each) => each.name === key) as (typeof layout.slots)[number];
      to.set(from.subarray(start, start + slot.size), slot.offset);
      start += slot.size;
    }
    return to;
  };
  const sequences = facts.sequences.map(({ tokens, promptLength, ...perToken }) => ({
    tokens: Int32Array.from(tokens),
    promptLength,
    advantage: Float32Array.from(perToken.advantage),
    weight: Float32Array.from(perToken.weight),
    samplerLogprobs: Float32Array.from(perToken.samplerLogprobs),
    referenceLogprobs: Float32Array.from(perToken.referenceLogprobs),
  }));
  const batch = (objective: Objective): TrainingBatch => ({ ...facts.batches[objective], sequences });
  return { folder, facts, array, flat, sequences, batch, slots: layout.slots };
}

/** ||actual - expected|| / ||expected|| */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  return Math.hypot(...values.map((value, i) => actual[i] - value)) / Math.hypot(...values);
}

describe.each([
  ['reference', createReferenceEngine],
  ['embedded', () => createEmbeddedEngine({ workers: 1, microBatchTokens: 40 })],
])('the %s engine', (_, makeEngine) => {
  describe.each(peerModels)('on the %s model of transformers', (model) => {
    let engine: Engine;
    let peer: Awaited<ReturnType<typeof recorded>>;
    let policy: Policy;
    beforeAll(async () => {
      engine = makeEngine();
      peer = await recorded(model);
      policy = await engine.open({ folder: peer.folder });
    });
    afterAll(() => engine.close());

    it('has its log-probabilities, all along a text', async () => {
      const { tokens } = peer.sequences[2];
      const prefixes = Array.from(tokens, (_, t) => tokens.subarray(0, t + 1));
      const rows = await nextLogprobs(policy, prefixes);
      const expected = peer.array('logprobs');
      expect(expected).toHaveLength(tokens.length * policy.tokenizer.vocabularySize);
      rows.forEach((row, t) => {
        row.forEach((logp, i) => {
          expect(Math.abs(logp - expected[t * row.length + i])).toBeLessThan(2e-5);
        });
      });
    });

    it('has its log-probabilities of a batch with padding', async () => {
      const lengths = peer.sequences.map(({ tokens }) => tokens.length);
      expect(new Set(lengths).size).toBeGreaterThan(2);
      for (const [i, row] of (await policy.logprobs(peer.sequences)).entries()) {
        const expected = peer.facts.sequences[i].logprobs;
        expect(row).toHaveLength(expected.length);
        expect(distance(row, expected)).toBeLessThan(1e-5);
      }
    });

    it.each(objectives)('has the loss of autograd and the gradient of every tensor by %s', async (objective) => {
      const batch = peer.batch(objective);
      const [gradient, expected] = [await gradientOf(policy, batch), peer.flat(`gradient/${objective}`)];
      expect(distance(gradient, expected)).toBeLessThan(1e-5);
      for (const { name, offset, size } of peer.slots) {
        const of = (flat: ArrayLike<number>) => Array.from(flat).slice(offset, offset + size);
        expect(distance(of(gradient), of(expected)), name).toBeLessThan(1e-4);
      }
      const fork = await policy.fork();
      const { loss } = await fork.update(batch, peer.facts.step);
      expect(loss).toBeCloseTo(peer.facts.losses[objective], 5);
      await fork.release();
    });

    it('makes the steps of torch.optim.AdamW, gradients clipped', async () => {
      const before = await weightsOf(policy);
      const fork = await policy.fork();
      for (const [i, objective] of objectives.entries()) {
        const { gradNorm } = await fork.update(peer.batch(objective), peer.facts.step);
        expect(gradNorm).toBeGreaterThan(peer.facts.step.maxGradNorm);
        expect(gradNorm / peer.facts.norms[i]).toBeCloseTo(1, 4);
      }
      const moved = (weights: Float32Array) => weights.map((weight, i) => weight - before[i]);
      const expected = moved(peer.flat('weights/after-two-steps'));
      expect(distance(moved(await weightsOf(fork)), expected)).toBeLessThan(1e-4);
      await fork.release();
    });

    it('generates its tokens greedily', async () => {
      const prompts = peer.sequences.map(({ tokens, promptLength }) => tokens.subarray(0, promptLength));
      const options = { samplesPerPrompt: 1, maxNewTokens: 64, temperature: 0, seed: '' };
      const groups = await policy.sample(prompts, { ...options, stopTokens: [] });
      expect(groups.map(([{ tokens }]) => [...tokens])).toEqual(peer.facts.greedy);
    });
  });
});

describe.each(peerModels)('a packed base on the %s model of transformers', (model) => {
  let engine: Engine;
  afterAll(() => engine.close());

  it('generates its tokens greedily, with the log-probabilities that scoring gives them', async () => {
    const { folder, facts, sequences } = await recorded(model);
    // Adapters begin at the base.
    engine = createEmbeddedEngine({
      workers: 1,
      lora: { rank: 2, alpha: 4, targets: [...loraTargets] },
      packedBase: true,
    });
    const policy = await engine.open({ folder });
    const prompts = sequences.map(({ tokens, promptLength }) => tokens.subarray(0, promptLength));
    const options = { samplesPerPrompt: 1, maxNewTokens: 64, temperature: 0, seed: '' };
    const completions = (await policy.sample(prompts, { ...options, stopTokens: [] })).flat();
    expect(completions.map(({ tokens }) => [...tokens])).toEqual(facts.greedy);
    const scored = await policy.logprobs(completions.map(({ tokens }, i) => joined(prompts[i], tokens)));
    for (const [i, { logprobs }] of completions.entries()) expect(distance(logprobs, scored[i])).toBeLessThan(1e-5);
  });
});

it("a character tokenizer is to Hugging Face's library what it is to ours", async () => {
  const { facts, folder } = await recorded('grouped');
  const tokenizer: Tokenizer = (await readModelFolder(folder)).tokenizer;
  expect(facts.encodings).not.toHaveLength(0);
  for (const { text, ids, decoded } of facts.encodings) {
    expect([...tokenizer.encode(text)], text).toEqual(ids);
    expect(tokenizer.decode(ids), text).toBe(decoded);
  }
});
