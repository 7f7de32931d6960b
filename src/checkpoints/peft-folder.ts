/**
 * Adapters in PEFT's form: adapter_config.json and adapter_model.safetensors. Plain LoRA on the decoder's linear layers is read and
 * written; what PEFT can do beside it is refused by name.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import type { LlamaShape } from './llama-shape.js';
import { type Adapted, type LoraShape, type LoraTarget, loraLayout, loraTargets } from './lora.js';
import { modelFileError, readModelJson, refusePointer } from './model-file.js';
import { areFinite, notFinite } from './model-weights.js';
import { safetensorsPieces, type TensorEntry } from './safetensors.js';
import { openSafetensors } from './safetensors-file.js';
import { writePieces } from './write-file.js';

/** Before every name of the model's. */
const prefix = 'base_model.model.';

const configSchema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  r: z.int().min(1),
  lora_alpha: z.number(),
  /** SkyRL leaves it out: the weights say then what was trained. */
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
});

/** Settings of PEFT that change what is computed, and the value that leaves it as it is here. */
const plain: Readonly<Record<string, unknown>> = {
  bias: 'none',
  use_dora: false,
  use_rslora: false,
  fan_in_fan_out: false,
  modules_to_save: null,
  layers_to_transform: null,
  rank_pattern: {},
  alpha_pattern: {},
  lora_bias: false,
  layer_replication: null,
  exclude_modules: null,
  target_parameters: null,
  trainable_token_indices: null,
};

/** Newer ones of that kind (PEFT 0.21), which no config of ours names. */
const newer: Readonly<Record<string, unknown>> = {
  use_qalora: false,
  alora_invocation_tokens: null,
  use_bdlora: null,
  kasa_config: null,
  monteclora_config: null,
  arrow_config: null,
};

export interface PeftConfig {
  readonly lora: LoraShape;
  readonly base: PeftBase | undefined;
}

/** The frozen model. */
export interface PeftBase {
  /** As written: a path or a name on the hub. */
  readonly name: string;
  /** Of a name on the hub. */
  readonly revision?: string;
}

/** @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG, ADAPTER_UNSUPPORTED, SAFETENSORS_* */
export async function readPeftConfig(folder: string): Promise<PeftConfig> {
  const where = join(folder, 'adapter_config.json');
  const parsed = configSchema.safeParse(await readModelJson(where));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SoarError('MODEL_CONFIG', `${issue?.path.join('.') || 'the file'}: ${issue?.message}`, {
      where,
      remedy: 'use the adapter_config.json that PEFT wrote',
    });
  }
  const config = parsed.data;
  const unsupported = (what: string) =>
    new SoarError('ADAPTER_UNSUPPORTED', what, {
      where,
      remedy: `plain LoRA on ${loraTargets.join(', ')} can be used; or merge the adapter into its model with PEFT`,
    });
  if (config.peft_type !== 'LORA') throw unsupported(`peft_type is ${config.peft_type}`);
  for (const [key, usual] of Object.entries({ ...plain, ...newer })) {
    const value = config[key] ?? usual;
    if (JSON.stringify(value) !== JSON.stringify(usual)) throw unsupported(`${key} is ${JSON.stringify(value)}`);
  }
  const named = [config.target_modules ?? (await adaptedModules(folder))].flat();
  const targets = named.includes('all-linear') ? [...loraTargets] : named;
  const strange = targets.find((target) => !loraTargets.includes(target as LoraTarget));
  if (strange !== undefined) throw unsupported(`target_modules has ${strange}`);
  const lora = {
    rank: config.r,
    alpha: config.lora_alpha,
    targets: loraTargets.filter((target) => targets.includes(target)),
  };
  const { base_model_name_or_path: name, revision } = config;
  return { lora, base: name ? { name, ...(revision && { revision }) } : undefined };
}

async function openAdapters(folder: string) {
  const path = join(folder, 'adapter_model.safetensors');
  await refusePointer(path);
  const file = await openSafetensors(path).catch((error) => {
    throw modelFileError(path, error);
  });
  return { path, file };
}

/** The modules that have an adapter, such as q_proj, each once. */
async function adaptedModules(folder: string): Promise<string[]> {
  const { file } = await openAdapters(folder);
  await file.close();
  return [...new Set(Array.from(file.tensors.keys(), (name) => name.split('.').at(-3) ?? name))];
}

/** [adapters], by `loraLayout`. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, ADAPTER_WEIGHTS, SAFETENSORS_* */
export async function readPeftAdapters(folder: string, shape: LlamaShape, lora: LoraShape): Promise<Float32Array> {
  const { path, file } = await openAdapters(folder);
  const wrong = (what: string) =>
    new SoarError('ADAPTER_WEIGHTS', what, { where: path, remedy: 'use the adapter that belongs to this base model' });
  try {
    const { slots, size } = loraLayout(shape, lora);
    const adapters = new Float32Array(size);
    const known = new Set(slots.map(({ name }) => prefix + name));
    const unknown = [...file.tensors.keys()].find((name) => !known.has(name));
    if (unknown !== undefined) throw wrong(`the tensor ${unknown} has no place in the base model`);
    for (const { name, shape: dims, offset, size: length } of slots) {
      const tensor = file.tensors.get(prefix + name);
      if (!tensor) throw wrong(`the tensor ${prefix}${name} is missing`);
      if (`${tensor.shape}` !== `${dims}`) {
        throw wrong(`the tensor ${prefix}${name} has the shape [${tensor.shape}], by the configs it is [${dims}]`);
      }
      const values = adapters.subarray(offset, offset + length);
      await tensor.read(values);
      if (!areFinite(values)) throw wrong(`the tensor ${prefix}${name} ${notFinite}`);
    }
    return adapters;
  } finally {
    await file.close();
  }
}

/** adapter_config.json, as PEFT reads it. */
export const peftConfig = ({ rank, alpha, targets }: LoraShape, { name, revision }: PeftBase): object => ({
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: name,
  ...(revision !== undefined && { revision }),
  inference_mode: true,
  r: rank,
  lora_alpha: alpha,
  lora_dropout: 0,
  target_modules: targets,
  ...plain,
});

/** Writes both files, in single precision, into a folder that is there. @param base as PEFT will look for it */
export async function writePeftFolder(
  folder: string,
  shape: LlamaShape,
  { lora, adapters }: Adapted,
  base: PeftBase,
): Promise<void> {
  const text = `${JSON.stringify(peftConfig(lora, base), null, 2)}\n`;
  await writePieces(join(folder, 'adapter_config.json'), [new TextEncoder().encode(text)]);
  const tensors = safetensorsPieces(peftTensors(shape, lora, adapters), { format: 'pt' });
  await writePieces(join(folder, 'adapter_model.safetensors'), tensors);
}

/** The tensors of adapter_model.safetensors: views of the flat array. */
export const peftTensors = (shape: LlamaShape, lora: LoraShape, adapters: Float32Array): TensorEntry[] =>
  loraLayout(shape, lora).slots.map(({ name, shape: dims, offset, size }) => ({
    name: prefix + name,
    shape: dims,
    data: adapters.subarray(offset, offset + size),
  }));
