/**
 * Model folders in Hugging Face form: config.json, tokenizer.json, generation_config.json, model.safetensors (or shards with an
 * index). What a config says is checked against the weights, name by name and shape by shape, before anything is computed.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SoarError } from '../errors.js';
import { isHubName } from '../hub/hub.js';
import { fetchModel } from '../hub/models.js';
import { llamaConfig, readLlamaConfig } from './llama-config.js';
import type { LlamaShape } from './llama-shape.js';
import { type LoraShape, mergeAdapters } from './lora.js';
import { readEndTokens, readTokenizer } from './model-description.js';
import { readModelJson, refuseNoFolder } from './model-file.js';
import { readWeights, writeWeights } from './model-weights.js';
import { type PeftBase, readPeftAdapters, readPeftConfig } from './peft-folder.js';
import type { Tokenizer } from './tokenizer.js';
import type { TokenizerJson } from './tokenizer-file.js';

export interface ModelFolder {
  readonly shape: LlamaShape;
  /** [parameters], by `llamaLayout`. */
  readonly weights: Float32Array;
  readonly tokenizer: Tokenizer;
  /** The key that the context length follows from, and its file, for messages. */
  readonly contextFrom: string;
  /** SHA-256 of the weights in this order, hex: names the model in manifests. */
  readonly hash: string;
}

/**
 * A folder of PEFT's with an adapter is its base model with the adapter merged; a base model that is a name on the hub is fetched.
 * @param beforeWeights is told the shape before gigabytes are read, and may throw
 * @throws SoarError HUB_*, MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG, MODEL_UNSUPPORTED, MODEL_WEIGHTS, MODEL_TOKENIZER, SAFETENSORS_*, TOKENIZER_*, ADAPTER_*
 */
export async function readModelFolder(
  folder: string,
  beforeWeights: (shape: LlamaShape) => void = () => undefined,
): Promise<ModelFolder> {
  const { base, adapters } = await findBase(folder);
  const configPath = join(base, 'config.json');
  const config = readLlamaConfig(await readModelJson(configPath), configPath);
  const { shape, contextKey } = config;
  // The small files first: what is wrong with them should not wait for gigabytes.
  const endTokens = (await readEndTokens(base)) ?? config.endTokens;
  const { tokenizer } = await readTokenizer(base, endTokens, shape.vocabularySize);
  beforeWeights(shape);
  const weights = await readWeights(base, shape);
  for (const { folder: on, lora } of adapters) {
    mergeAdapters({ shape, lora }, await readPeftAdapters(on, shape, lora), weights);
  }
  return { shape, weights, tokenizer, contextFrom: `${contextKey} of ${configPath}`, hash: hashOf(weights) };
}

/** What a model folder rests on. */
export interface FoundBase {
  /** The folder with config.json, tokenizer and all weights: the model folder itself, or what its adapter is for. */
  readonly base: string;
  /** The name and commit of `base` on the hub, where an adapter names it so. */
  readonly onHub?: PeftBase;
  /** On top of it, the lowest first; none for a model folder that is no adapter. */
  readonly adapters: readonly { readonly folder: string; readonly lora: LoraShape }[];
}

/**
 * Follows `base_model_name_or_path` of an adapter, and of an adapter's adapter, down to the model; one on the hub is fetched.
 * @param above folders that led here: none of them can be the base
 * @throws SoarError HUB_*, MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG, ADAPTER_BASE, ADAPTER_UNSUPPORTED
 */
export async function findBase(folder: string, above: readonly string[] = []): Promise<FoundBase> {
  await refuseNoFolder(folder);
  const isAdapter = !existsSync(join(folder, 'config.json')) && existsSync(join(folder, 'adapter_config.json'));
  if (!isAdapter) return { base: folder, adapters: [] };
  const { lora, base } = await readPeftConfig(folder);
  const seen = [...above, resolve(folder)];
  const place = base && (await placeOf(base, folder));
  if (place === undefined || seen.includes(place.folder)) {
    throw new SoarError('ADAPTER_BASE', `the adapter's base model ${base?.name ?? ''} is not a folder here`, {
      where: join(folder, 'adapter_config.json'),
      remedy: 'set base_model_name_or_path to the folder of the base model, relative to the adapter or absolute',
    });
  }
  const below = await findBase(place.folder, seen);
  const named = below.adapters.length === 0 && place.onHub;
  return { ...below, ...(named && { onHub: named }), adapters: [...below.adapters, { folder, lora }] };
}

/** A folder, or the hub's cache where the adapter names a model of the hub. */
async function placeOf(
  { name, revision = 'main' }: PeftBase,
  adapter: string,
): Promise<{ readonly folder: string; readonly onHub?: PeftBase } | undefined> {
  const path = resolve(adapter, name);
  if (existsSync(path) && path !== resolve(adapter)) return { folder: path };
  if (!isHubName(name)) return undefined;
  const { folder, commit } = await fetchModel({ name, revision });
  return { folder, onHub: { name, revision: commit } };
}

/** In pieces: one hash update takes 2 GiB at most. */
function hashOf(weights: Float32Array): string {
  const hash = createHash('sha256');
  const piece = 1 << 26;
  for (let from = 0; from < weights.length; from += piece) {
    const part = weights.subarray(from, from + piece);
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex');
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
  const begin = model.tokenizer.added_tokens?.find(({ id }) => id === beginToken)?.content;
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: begin,
    clean_up_tokenization_spaces: false,
  };
  await mkdir(folder, { recursive: true });
  const json = (name: string, value: unknown) => writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  await json('config.json', llamaConfig(shape, tokens));
  await json('generation_config.json', tokens);
  await json('tokenizer.json', model.tokenizer);
  await json('tokenizer_config.json', tokenizerConfig);
  await writeWeights(folder, shape, weights);
}
