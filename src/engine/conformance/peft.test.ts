/** Adapters against PEFT, on models that bench/peers/transformers/record.py made: its folder, what it computes, its steps. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainedLayout, unmergeAdapters } from '../../checkpoints/lora.js';
import { readModelFolder } from '../../checkpoints/model-folder.js';
import { peftConfig, peftTensors, readPeftAdapters, readPeftConfig } from '../../checkpoints/peft-folder.js';
import { decodeSafetensors, encodeSafetensors } from '../../checkpoints/safetensors.js';
import { createEmbeddedEngine } from '../embedded/embedded-engine.js';
import type { Engine, Policy, TrainingBatch } from '../engine.js';
import { createReferenceEngine } from '../reference/reference-engine.js';
import { peerFolder, peerModels } from './peer-models.js';
import { gradientOf, weightsOf } from './stated-objective.js';
import { nextLogprobs } from './texts.js';

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

async function recorded(model: string) {
  const base = peerFolder(model);
  const folder = join(base, 'adapter');
  const { shape } = await readModelFolder(base);
  const { lora } = await readPeftConfig(folder);
  const { names, loss } = json(join(folder, 'expected.json')) as { names: string[]; loss: number };
  const { tensors } = decodeSafetensors(readFileSync(join(folder, 'expected.safetensors')), folder);
  const layout = trainedLayout({ shape, lora });
  const array = (name: string) => tensors.get(name)?.data as Float32Array;
  /** From PEFT's order to ours. */
  const flat = (name: string) => {
    const to = new Float32Array(layout.size);
    let start = 0;
    for (const key of names) {
      const slot = layout.slots.find((one) => `base_model.model.${one.name}` === key) as (typeof layout.slots)[number];
      to.set(array(name).subarray(start, start + slot.size), slot.offset);
      start += slot.size;
    }
    expect(start).toBe(layout.size);
    return to;
  };
  const facts = json(join(base, 'expected.json'));
  const singles = (values: number[]) => Float32Array.from(values);
  const batch: TrainingBatch = {
    ...facts.batches['policy-gradient'],
    sequences: facts.sequences.map((one: Record<string, never>) => ({
      tokens: Int32Array.from(one.tokens),
      promptLength: one.promptLength,
      advantage: singles(one.advantage),
      weight: singles(one.weight),
      samplerLogprobs: singles(one.samplerLogprobs),
      referenceLogprobs: singles(one.referenceLogprobs),
    })),
  };
  const adapters = await readPeftAdapters(folder, shape, lora);
  return { base, folder, shape, lora, loss, array, flat, batch, adapters, step: facts.step };
}

function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  return Math.hypot(...values.map((value, i) => (actual[i] as number) - value)) / Math.hypot(...values);
}

async function expectLogprobs(policy: Policy, tokens: Int32Array, expected: Float32Array): Promise<void> {
  const rows = await nextLogprobs(
    policy,
    Array.from(tokens, (_, t) => tokens.subarray(0, t + 1)),
  );
  for (const [t, row] of rows.entries()) {
    for (const [i, logp] of row.entries()) expect(Math.abs(logp - expected[t * row.length + i])).toBeLessThan(3e-5);
  }
}

describe.each(['reference', 'embedded', 'packed embedded'])('the %s engine with adapters', (kind) => {
  describe.each(peerModels)('on PEFT’s %s', (model) => {
    let peer: Awaited<ReturnType<typeof recorded>>;
    let engine: Engine;
    let policy: Policy;
    beforeAll(async () => {
      peer = await recorded(model);
      const lora = { ...peer.lora, targets: [...peer.lora.targets] };
      const packedBase = kind === 'packed embedded';
      engine =
        kind === 'reference'
          ? createReferenceEngine({ lora })
          : createEmbeddedEngine({ workers: 1, lora, packedBase, sharedPrompts: packedBase });
      policy = await engine.open({ folder: peer.base });
      await policy.load({ ...(await policy.save()), arrays: { weights: peer.adapters } });
    });
    afterAll(() => engine.close());

    it('has its log-probabilities', () =>
      expectLogprobs(policy, peer.batch.sequences[2]?.tokens as Int32Array, peer.array('logprobs')));

    it('has its loss and gradient', async () => {
      expect(distance(await gradientOf(policy, peer.batch), peer.flat('gradient/policy-gradient'))).toBeLessThan(1e-4);
      const fork = await policy.fork();
      expect((await fork.update(peer.batch, peer.step)).loss / peer.loss).toBeCloseTo(1, 4);
      await fork.release();
    });

    it('makes its steps', async () => {
      const fork = await policy.fork();
      for (let i = 0; i < 2; i++) await fork.update(peer.batch, peer.step);
      const moved = (weights: Float32Array) => weights.map((weight, i) => weight - (peer.adapters[i] as number));
      const expected = moved(peer.flat('weights/after-two-steps'));
      expect(distance(moved(await weightsOf(fork)), expected)).toBeLessThan(1e-4);
      await expectLogprobs(fork, peer.batch.sequences[2]?.tokens as Int32Array, peer.array('logprobs/after-two-steps'));
    });
  });
});

describe('a folder of PEFT’s', () => {
  const root = mkdtempSync(join(tmpdir(), 'soar-peft-'));
  afterAll(() => rmSync(root, { recursive: true }));

  it('opens as its base model with the adapter merged', async () => {
    const { folder, batch, array } = await recorded('grouped');
    const engine = createReferenceEngine();
    await expectLogprobs(await engine.open({ folder }), batch.sequences[2]?.tokens as Int32Array, array('logprobs'));
  });

  it('is the base again once the adapter is taken out', async () => {
    const { folder, shape, lora, adapters } = await recorded('qwen3');
    const [base, { weights }] = [await readModelFolder(peerFolder('qwen3')), await readModelFolder(folder)];
    expect(weights).not.toEqual(base.weights);
    unmergeAdapters({ shape, lora }, adapters, weights);
    const most = weights.reduce((max, weight, i) => Math.max(max, Math.abs(weight - (base.weights[i] as number))), 0);
    expect(most).toBeLessThan(2e-7);
  });

  it('with a number that is none is refused by file and tensor', async () => {
    const { shape, lora, adapters } = await recorded('qwen2');
    const folder = mkdtempSync(join(root, 'none-'));
    const tensors = peftTensors(shape, lora, adapters.with(0, Number.POSITIVE_INFINITY));
    const path = join(folder, 'adapter_model.safetensors');
    writeFileSync(path, encodeSafetensors(tensors));
    const message = `the tensor ${tensors[0]?.name} holds a number that is none (NaN or infinite)`;
    await expect(readPeftAdapters(folder, shape, lora)).rejects.toMatchObject({
      code: 'ADAPTER_WEIGHTS',
      message,
      where: path,
    });
  });

  it('that leads back to itself is refused', async () => {
    const [one, other] = ['one', 'other'].map((name) => join(root, name)) as [string, string];
    for (const [folder, base] of [
      [one, other],
      [other, one],
    ] as const) {
      cpSync(join(peerFolder('grouped'), 'adapter'), folder, { recursive: true });
      const config = { ...json(join(folder, 'adapter_config.json')), base_model_name_or_path: base };
      writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
    }
    await expect(readModelFolder(one)).rejects.toMatchObject({
      code: 'ADAPTER_BASE',
      where: expect.stringContaining('other'),
    });
  });

  it('comes back from what we write', async () => {
    const { shape, lora, adapters } = await recorded('qwen2');
    writeFileSync(
      join(root, 'adapter_config.json'),
      JSON.stringify(peftConfig(lora, { name: 'org/name', revision: 'b'.repeat(40) })),
    );
    writeFileSync(join(root, 'adapter_model.safetensors'), encodeSafetensors(peftTensors(shape, lora, adapters)));
    const config = await readPeftConfig(root);
    expect(config).toEqual({ lora, base: { name: 'org/name', revision: 'b'.repeat(40) } });
    expect(await readPeftAdapters(root, shape, config.lora)).toEqual(adapters);
  });

  it('that does not name its modules has those that its weights name', async () => {
    const { shape, lora, adapters } = await recorded('qwen2');
    const config = { ...peftConfig(lora, { name: 'org/name' }), target_modules: null };
    writeFileSync(join(root, 'adapter_config.json'), JSON.stringify(config));
    writeFileSync(join(root, 'adapter_model.safetensors'), encodeSafetensors(peftTensors(shape, lora, adapters)));
    expect((await readPeftConfig(root)).lora).toEqual(lora);
  });

  it.each([
    [{ use_dora: true }, 'ADAPTER_UNSUPPORTED', /use_dora is true/],
    [{ alora_invocation_tokens: [1, 2] }, 'ADAPTER_UNSUPPORTED', /alora_invocation_tokens is \[1,2\]/],
    [{ use_qalora: true }, 'ADAPTER_UNSUPPORTED', /use_qalora is true/],
    [{ bias: 'all' }, 'ADAPTER_UNSUPPORTED', /bias is "all"/],
    [{ peft_type: 'IA3' }, 'ADAPTER_UNSUPPORTED', /peft_type is IA3/],
    [{ target_modules: ['q_proj', 'lm_head'] }, 'ADAPTER_UNSUPPORTED', /target_modules has lm_head/],
    [{ rank_pattern: { q_proj: 8 } }, 'ADAPTER_UNSUPPORTED', /rank_pattern is/],
    [{ r: 0 }, 'MODEL_CONFIG', /^r: /],
    [{ r: 4 }, 'ADAPTER_WEIGHTS', /has the shape \[3,12\], by the configs it is \[4,12\]/],
    [{ target_modules: ['q_proj'] }, 'ADAPTER_WEIGHTS', /has no place in the base model/],
    [{ base_model_name_or_path: './nowhere' }, 'ADAPTER_BASE', /\.\/nowhere is not a folder here/],
    [{ base_model_name_or_path: null }, 'ADAPTER_BASE', /is not a folder here/],
  ])('with %j is refused', async (changes, code, message) => {
    const folder = mkdtempSync(join(root, 'adapter-'));
    const from = join(peerFolder('grouped'), 'adapter');
    cpSync(from, folder, { recursive: true });
    const config = {
      ...json(join(from, 'adapter_config.json')),
      base_model_name_or_path: peerFolder('grouped'),
      ...changes,
    };
    writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
    await expect(readModelFolder(folder)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
