import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { loraLayout, loraTargets } from '../../checkpoints/lora.js';
import { SoarError } from '../../errors.js';
import { resolveConfig } from '../config/config.js';
import { paperHardSet } from '../estimate/assumptions.js';
import { megatronPlacement } from './backend-config.js';
import type { SkyrlRequest } from './request.js';
import { quoted, skyrlScript } from './script.js';
import { planSkyrl } from './serve-skyrl.js';
import { jaxAdamBytes } from './slots.js';

const request = (changes: Partial<SkyrlRequest> = {}, ...sets: string[]): SkyrlRequest => ({
  model: 'meta-llama/Llama-3.2-3B-Instruct',
  backend: 'megatron',
  gpus: 8,
  nodes: 1,
  tensorParallel: 1,
  rank: 32,
  host: '127.0.0.1',
  port: 8000,
  state: 'skyrl-state',
  config: resolveConfig({ preset: 'paper', sets }),
  ...changes,
});
const plan = (changes: Partial<SkyrlRequest> = {}, ...sets: string[]) =>
  planSkyrl(request(changes, ...sets), paperHardSet);

function refusal(act: () => unknown): SoarError {
  try {
    act();
  } catch (error) {
    if (error instanceof SoarError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('LoRA slots', () => {
  it('g*r students, teacher, baseline and base model, one to spare', () => {
    const { slots, backendConfig, engine } = plan();
    // Megatron: 16 + teacher + baseline + reference, and the adapter that stands for the base model.
    expect(slots).toEqual({ students: 16, client: 20, server: 21 });
    expect(backendConfig).toMatchObject({
      'trainer.policy.model.lora.max_loras': 21,
      'trainer.policy.model.lora.max_cpu_loras': 21,
    });
    expect(engine).toMatchObject({ kind: 'tinker', loraRank: 32, maxAdapters: 20, baseUrl: 'http://127.0.0.1:8000' });
  });
  it('one more on JAX, which keeps slot 0, and none for the base model without a KL term', () => {
    expect(plan({ backend: 'jax' }).slots).toEqual({ students: 16, client: 19, server: 21 });
    const without = ['soar.student.kl.coefficient=0', 'soar.teacher.kl.coefficient=0', 'soar.repeats=2'];
    expect(plan({ backend: 'jax' }, ...without).slots).toEqual({ students: 8, client: 10, server: 12 });
  });
  it('says what Adam takes on JAX: 60 GB at 18 slots and rank 32 for Llama-3.2-3B', () => {
    const shape = {
      layers: 28,
      hiddenSize: 3072,
      heads: 24,
      kvHeads: 8,
      headSize: 128,
      intermediateSize: 8192,
      vocabularySize: 128,
      tiedEmbeddings: true,
    } as LlamaShape;
    const { size } = loraLayout(shape, { rank: 32, alpha: 32, targets: loraTargets });
    // 28 layers x 32 x (2 x 6144 + 2 x 4096 + 3 x 11264).
    expect(size).toBe(48_627_712);
    // Two moments of two bytes for the parameters of 18 slots, 3.5 GB, for each of 17 adapters.
    expect(jaxAdamBytes(size, 18)).toBe(17 * 18 * 4 * size);
    expect(jaxAdamBytes(size, 18) / 1e9).toBeCloseTo(59.5, 1);
    expect(plan({ backend: 'jax', shape }).notes.join('\n')).toContain('about 82 GB if every slot is in use');
  });
});

describe("Megatron's config", () => {
  it('has Adam as the config has it, since the server listens to the learning rate alone', () => {
    const optimizers = ['teacher', 'student'].map(
      (who) => `soar.${who}.optimizer={beta1: 0.9, beta2: 0.95, weightDecay: 0, maxGradNorm: 1}`,
    );
    const { backendConfig, engine } = plan({}, ...optimizers);
    expect(backendConfig).toMatchObject({
      'trainer.policy.optimizer_config.adam_betas': [0.9, 0.95],
      'trainer.policy.optimizer_config.weight_decay': 0,
      'trainer.policy.optimizer_config.max_grad_norm': 1,
    });
    expect(engine.allowIgnored).toContain('maxGradNorm');
  });
  it('serves adapters apart and beside the trainer', () => {
    expect(plan().backendConfig).toMatchObject({
      'trainer.placement.colocate_all': false,
      'trainer.policy.megatron_config.lora_config.merge_lora': false,
    });
  });
  it('takes micro-batches by the longest sequence: 8 of 1,536 positions in 16,384, 16 of 768', () => {
    const key = 'trainer.micro_train_batch_size_per_gpu';
    expect(plan().backendConfig[key]).toBe(8);
    const shorter = ['soar.student.sampling.maxNewTokens=256', 'soar.teacher.sampling.maxNewTokens=256'];
    expect(plan({}, ...shorter).backendConfig[key]).toBe(16);
  });
  it.each([
    // GPUs, nodes, a copy's GPUs: nodes and GPUs that train, engines.
    [2, 1, 1, { nodes: 1, perNode: 1, engines: 1 }],
    [8, 1, 1, { nodes: 1, perNode: 2, engines: 6 }],
    [8, 1, 2, { nodes: 1, perNode: 2, engines: 3 }],
    [8, 2, 4, { nodes: 1, perNode: 4, engines: 3 }],
    [8, 4, 8, { nodes: 1, perNode: 8, engines: 3 }],
    [8, 8, 2, { nodes: 2, perNode: 8, engines: 24 }],
  ])('%d GPUs x %d nodes, %d per copy', (gpus, nodes, tensorParallel, placement) => {
    const found = megatronPlacement(gpus, nodes, tensorParallel);
    expect(found).toEqual(placement);
    // All GPUs are in use.
    expect(found.nodes * found.perNode + found.engines * tensorParallel).toBe(gpus * nodes);
  });
});

describe("JAX's config", () => {
  it('spreads the model over all GPUs and bounds both batches', () => {
    expect(plan({ backend: 'jax', gpus: 4, tensorParallel: 2 }).backendConfig).toEqual({
      max_lora_adapters: 21,
      max_lora_rank: 32,
      tensor_parallel_size: 2,
      fully_sharded_data_parallel_size: 2,
      train_micro_batch_size: 8,
      sample_max_num_sequences: 128,
      gradient_checkpointing: true,
    });
  });
  it('runs on the CPU with the extra of its own', () => {
    const extra = (gpus: number) => plan({ backend: 'jax', gpus }).command.slice(4, 6);
    expect(extra(0)).toEqual(['--extra', 'jax']);
    expect(extra(1)).toEqual(['--extra', 'gpu']);
  });
});

describe('known faults', () => {
  const notes = (changes: Partial<SkyrlRequest>, ...sets: string[]) => plan(changes, ...sets).notes.join('\n');
  it('names the fault that promotion meets on Megatron, and the change that mends it', () => {
    expect(notes({})).toContain('SkyRL/pull/2149');
    expect(notes({}, 'soar.promotion.enabled=false')).not.toContain('2149');
    expect(notes({ backend: 'jax' })).not.toContain('2149');
  });
  it('warns of an open port, and of the database: 2.7 MB for 64 sequences of 1,200 tokens', () => {
    expect(notes({})).not.toContain('looks at no API key');
    expect(notes({ host: '0.0.0.0' })).toContain('looks at no API key');
    // The 12.8 billion tokens that the estimate of `paper` trains on.
    expect(notes({})).toContain('about 450 GB');
  });
});

describe('what cannot be served', () => {
  it('more than one Adam on Megatron, clipping and decay on JAX', () => {
    const twoAdams = refusal(() => plan({}, 'soar.teacher.optimizer.beta2=0.98'));
    expect(twoAdams).toMatchObject({ code: 'SKYRL_OPTIMIZER', where: 'soar.teacher.optimizer.beta2' });
    expect(refusal(() => plan({}, 'evaluate.training.optimizer={weightDecay: 0.1}')).where).toBe(
      'evaluate.training.optimizer.weightDecay',
    );
    expect(
      refusal(() => plan({}, ...['teacher', 'student'].map((who) => `soar.${who}.optimizer.epsilon=1.0e-12`))).where,
    ).toBe('soar.student.optimizer.epsilon');
    expect(plan({ backend: 'jax' }, 'soar.teacher.optimizer.beta2=0.98').slots.students).toBe(16);
    expect(refusal(() => plan({ backend: 'jax' }, 'soar.teacher.optimizer.maxGradNorm=1')).message).toContain('clip');
    expect(refusal(() => plan({ backend: 'jax' }, 'soar.student.optimizer.weightDecay=0.1')).message).toContain(
      'decay',
    );
  });
  it('too few GPUs, or a number that does not divide', () => {
    expect(refusal(() => plan({ gpus: 1 }))).toMatchObject({ code: 'SKYRL_GPUS', where: '--gpus 1' });
    expect(refusal(() => plan({ gpus: 0 })).code).toBe('SKYRL_GPUS');
    expect(refusal(() => plan({ tensorParallel: 3 })).where).toBe('--tensor-parallel 3');
    expect(refusal(() => plan({ backend: 'jax', nodes: 2 })).code).toBe('SKYRL_GPUS');
  });
});

describe('the script', () => {
  it('is one that a shell reads, with the very arguments of the plan', () => {
    const folder = mkdtempSync(join(tmpdir(), 'soar-skyrl-'));
    const made = plan({ state: join(folder, "a state's"), model: './my model' });
    // `uv` stands for itself: it says what it was given.
    writeFileSync(join(folder, 'uv'), '#!/usr/bin/env bash\nprintf "%s\\0" "$@"\n', { mode: 0o755 });
    writeFileSync(join(folder, 'serve.sh'), skyrlScript(made));
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const given = execFileSync('bash', [join(folder, 'serve.sh')], { env, encoding: 'utf8' })
      .split('\0')
      .slice(0, -1);
    rmSync(folder, { recursive: true });
    const plain = (argument: string) => (argument.startsWith('{') ? JSON.parse(argument) : argument);
    expect(given.map(plain)).toEqual(made.command.slice(1).map(plain));
  });
  it('starts on the database of an earlier server only when told to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'soar-skyrl-'));
    writeFileSync(join(folder, 'tinker.db'), '');
    const script = skyrlScript(plan({ state: folder }));
    writeFileSync(join(folder, 'uv'), '#!/usr/bin/env bash\necho started\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const start = (...given: string[]) =>
      execFileSync('bash', ['-c', script, 'serve.sh', ...given], { env, encoding: 'utf8', stdio: 'pipe' });
    expect(() => start()).toThrow('database of an earlier server');
    expect(start('--again')).toBe('started\n');
    rmSync(folder, { recursive: true });
  });
  it('shows the section that the run’s config needs', () => {
    expect(skyrlScript(plan())).toContain('#   engine:\n#     kind: tinker\n#     baseUrl: http://127.0.0.1:8000');
  });
  it('quotes what a shell would take apart', () => {
    expect([quoted('a/b-c_1.2'), quoted(''), quoted('a b'), quoted("it's")]).toEqual([
      'a/b-c_1.2',
      "''",
      "'a b'",
      "'it'\\''s'",
    ]);
  });
});
