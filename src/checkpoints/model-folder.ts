/**
 * Model folders in Hugging Face form: config.json, tokenizer.json, generation_config.json, model.safetensors (or shards with an
 * index). What a config says is checked against the weights, name by name and shape by shape, before anything is computed.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import { type LlamaShape, llamaLayout } from './llama-shape.js';
import { decodeSafetensors, encodeSafetensors, type TensorEntry } from './safetensors.js';
import type { Tokenizer } from './tokenizer.js';
import { type TokenizerJson, tokenizerFrom } from './tokenizer-file.js';

export interface ModelFolder {
  readonly shape: LlamaShape;
  /** [parameters], by `llamaLayout`. */
  readonly weights: Float32Array;
  readonly tokenizer: Tokenizer;
  /** SHA-256 of the weights in this order, hex: names the model in manifests. */
  readonly hash: string;
}

const positive = z.int().min(1);
const tokenIds = z.union([z.int(), z.array(z.int())]).nullish();
const rope = z.looseObject({
  rope_theta: z.number().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
});

const configSchema = z.looseObject({
  architectures: z.array(z.string()).optional(),
  model_type: z.string(),
  vocab_size: positive,
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.optional(),
  head_dim: positive.nullish(),
  intermediate_size: positive,
  max_position_embeddings: positive,
  rope_theta: z.number().optional(),
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  rms_norm_eps: z.number(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  sliding_window: z.number().nullish(),
  eos_token_id: tokenIds,
});

type Config = z.infer<typeof configSchema>;

/** @throws SoarError MODEL_MISSING, MODEL_CONFIG, MODEL_UNSUPPORTED, MODEL_WEIGHTS, MODEL_TOKENIZER, SAFETENSORS_*, TOKENIZER_* */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const configPath = join(folder, 'config.json');
  const config = parseConfig(await readJson(configPath, folder), configPath);
  const shape = shapeOf(config, configPath);
  const weights = arrange(shape, await readTensors(folder), folder);

  const tokenizerPath = join(folder, 'tokenizer.json');
  const tokenizerJson = (await readJson(tokenizerPath, folder)) as TokenizerJson;
  const tokenizerConfig = ((await readJsonIfThere(join(folder, 'tokenizer_config.json'))) ?? {}) as object;
  const generation = z
    .looseObject({ eos_token_id: tokenIds })
    .catch({})
    .parse((await readJsonIfThere(join(folder, 'generation_config.json'))) ?? {});
  const endTokens = [generation.eos_token_id ?? config.eos_token_id ?? []].flat();
  const tokenizer = tokenizerFrom(tokenizerJson, tokenizerConfig, endTokens, tokenizerPath);
  if (tokenizer.vocabularySize > shape.vocabularySize) {
    throw new SoarError(
      'MODEL_TOKENIZER',
      `the tokenizer has ${tokenizer.vocabularySize} tokens, the model only ${shape.vocabularySize}`,
      { where: tokenizerPath, remedy: 'use the tokenizer.json that belongs to the model' },
    );
  }
  const hash = createHash('sha256').update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  return { shape, weights, tokenizer, hash: hash.digest('hex') };
}

export interface NewModelFolder {
  readonly shape: LlamaShape;
  readonly weights: Float32Array;
  readonly tokenizer: TokenizerJson;
  readonly beginToken: number;
  readonly endTokens: readonly number[];
}

/** Writes config.json, generation_config.json, tokenizer.json, tokenizer_config.json and model.safetensors. */
export async function writeModelFolder(folder: string, model: NewModelFolder): Promise<void> {
  const { shape, weights, beginToken, endTokens } = model;
  const tokens = { bos_token_id: beginToken, eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens };
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: shape.vocabularySize,
    hidden_size: shape.hiddenSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headSize,
    intermediate_size: shape.intermediateSize,
    max_position_embeddings: shape.contextLength,
    rope_theta: shape.ropeTheta,
    rms_norm_eps: shape.rmsNormEpsilon,
    tie_word_embeddings: shape.tiedEmbeddings,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'float32',
    ...tokens,
  };
  const begin = model.tokenizer.added_tokens?.find(({ id }) => id === beginToken)?.content;
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: begin,
    clean_up_tokenization_spaces: false,
  };
  const slots = llamaLayout(shape).slots;
  const tensors = slots.map(({ name, shape: dims, offset, size }) => ({
    name,
    shape: dims,
    data: weights.subarray(offset, offset + size),
  }));
  await mkdir(folder, { recursive: true });
  const json = (name: string, value: unknown) => writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await json('config.json', config);
  await json('generation_config.json', tokens);
  await json('tokenizer.json', model.tokenizer);
  await json('tokenizer_config.json', tokenizerConfig);
  await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(tensors, { format: 'pt' }));
}

const supported = 'Llama models (LlamaForCausalLM) with plain rotary embeddings and no attention biases can be used';

function parseConfig(json: unknown, where: string): Config {
  const parsed = configSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SoarError('MODEL_CONFIG', `${issue?.path.join('.') || 'the file'}: ${issue?.message}`, {
    where,
    remedy: 'use the config.json that belongs to the model',
  });
}

function shapeOf(config: Config, where: string): LlamaShape {
  const unsupported = (what: string) => new SoarError('MODEL_UNSUPPORTED', what, { where, remedy: supported });
  if (config.model_type !== 'llama') throw unsupported(`model_type is ${config.model_type}`);
  if (config.attention_bias || config.mlp_bias) throw unsupported('the model has biases');
  if (config.hidden_act !== 'silu') throw unsupported(`hidden_act is ${config.hidden_act}`);
  if (config.sliding_window) throw unsupported(`sliding_window is ${config.sliding_window}`);
  for (const scaling of [config.rope_scaling, config.rope_parameters]) {
    const type = scaling?.rope_type ?? scaling?.type ?? 'default';
    if (type !== 'default') throw unsupported(`rotary embeddings are scaled (${type})`);
  }
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const wrong = (what: string) =>
    new SoarError('MODEL_CONFIG', what, { where, remedy: 'use the config.json that belongs to the model' });
  if (heads % kvHeads !== 0)
    throw wrong(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`);
  const headSize = config.head_dim ?? config.hidden_size / heads;
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw wrong(`the head size ${headSize} is not an even integer`);
  return {
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headSize,
    intermediateSize: config.intermediate_size,
    contextLength: config.max_position_embeddings,
    ropeTheta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10_000,
    rmsNormEpsilon: config.rms_norm_eps,
    tiedEmbeddings: config.tie_word_embeddings,
  };
}

async function readTensors(folder: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const indexPath = join(folder, 'model.safetensors.index.json');
  const index = await readJsonIfThere(indexPath);
  if (index === undefined) return readShard(folder, 'model.safetensors');
  const parsed = z.looseObject({ weight_map: z.record(z.string(), z.string()) }).safeParse(index);
  if (!parsed.success) {
    throw new SoarError('MODEL_WEIGHTS', 'weight_map is missing or is not a map of names to files', {
      where: indexPath,
      remedy: 'copy or download the file again',
    });
  }
  const all = new Map<string, TensorEntry>();
  for (const shard of [...new Set(Object.values(parsed.data.weight_map))].sort()) {
    for (const [name, tensor] of await readShard(folder, shard)) all.set(name, tensor);
  }
  return all;
}

async function readShard(folder: string, name: string): Promise<ReadonlyMap<string, TensorEntry>> {
  const path = join(folder, name);
  return decodeSafetensors(await readBytes(path, folder), path).tensors;
}

/** The tensors in one flat array. A separate head that equals the tied embedding by config is let be. */
function arrange(shape: LlamaShape, tensors: ReadonlyMap<string, TensorEntry>, where: string): Float32Array {
  const wrong = (what: string) =>
    new SoarError('MODEL_WEIGHTS', what, { where, remedy: 'use the weights that belong to this config.json' });
  const layout = llamaLayout(shape);
  const flat = new Float32Array(layout.size);
  for (const { name, shape: dims, offset } of layout.slots) {
    const tensor = tensors.get(name);
    if (!tensor) throw wrong(`the tensor ${name} is missing`);
    if (`${tensor.shape}` !== `${dims}`) {
      throw wrong(`the tensor ${name} has the shape [${tensor.shape}], by the config it is [${dims}]`);
    }
    flat.set(tensor.data, offset);
  }
  const known = new Set(layout.slots.map((slot) => slot.name));
  const extra = [...tensors.keys()].filter((name) => !known.has(name) && !name.endsWith('rotary_emb.inv_freq'));
  const allowed = shape.tiedEmbeddings ? ['lm_head.weight'] : [];
  const unknown = extra.find((name) => !allowed.includes(name));
  if (unknown) throw wrong(`the tensor ${unknown} has no place in a model of this config`);
  return flat;
}

async function readBytes(path: string, folder: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new SoarError('MODEL_MISSING', `${path} cannot be read (${cause.code})`, {
      where: folder,
      remedy: 'give a folder in Hugging Face form: config.json, tokenizer.json, model.safetensors',
      cause,
    });
  });
  if (bytes.subarray(0, 40).toString('latin1').startsWith('version https://git-lfs')) {
    throw new SoarError('MODEL_LFS_POINTER', 'this is a Git LFS pointer, not the file itself', {
      where: path,
      remedy: 'fetch the real file: git lfs pull',
    });
  }
  return bytes;
}

async function readJson(path: string, folder: string): Promise<unknown> {
  const bytes = await readBytes(path, folder);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SoarError('MODEL_CONFIG', `not JSON: ${(cause as Error).message}`, {
      where: path,
      remedy: 'copy or download the file again',
      cause,
    });
  }
}

async function readJsonIfThere(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes && readJson(path, path);
}
