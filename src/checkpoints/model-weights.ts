/**
 * The weights of a model folder, model.safetensors or shards with an index, as one flat array: each tensor goes from its file to
 * its place, checked by name and shape against the config. And back, into one file.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import { type LlamaShape, llamaLayout } from './llama-shape.js';
import { modelFileError, readModelJsonIfThere, refusePointer } from './model-file.js';
import { safetensorsPieces } from './safetensors.js';
import { type OpenSafetensors, openSafetensors, type StoredTensor } from './safetensors-file.js';
import { writePieces } from './write-file.js';

const head = 'lm_head.weight';
const embedding = 'model.embed_tokens.weight';

interface FileTensor extends StoredTensor {
  /** Of its file. */
  readonly path: string;
}

/** [parameters], by `llamaLayout`. @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG, MODEL_WEIGHTS, SAFETENSORS_* */
export async function readWeights(folder: string, shape: LlamaShape): Promise<Float32Array> {
  const opened: OpenSafetensors[] = [];
  try {
    const tensors = new Map<string, FileTensor>();
    for (const name of await weightFiles(folder)) {
      const file = await openWeights(join(folder, name));
      opened.push(file);
      const path = join(folder, name);
      for (const [key, tensor] of file.tensors) {
        if (tensors.has(key)) throw wrong(`the tensor ${key} is in more than one file`, path);
        tensors.set(key, { ...tensor, path });
      }
    }
    return await arrange(shape, tensors, folder);
  } finally {
    for (const file of opened) await file.close();
  }
}

/** @param weights [parameters], by `llamaLayout`; written as model.safetensors in single precision */
export async function writeWeights(folder: string, shape: LlamaShape, weights: Float32Array): Promise<void> {
  const tensors = llamaLayout(shape).slots.map(({ name, shape: dims, offset, size }) => ({
    name,
    shape: dims,
    data: weights.subarray(offset, offset + size),
  }));
  // transformers asks for the framework that a file is for.
  await writePieces(join(folder, 'model.safetensors'), safetensorsPieces(tensors, { format: 'pt' }));
}

async function weightFiles(folder: string): Promise<readonly string[]> {
  const path = join(folder, 'model.safetensors.index.json');
  const index = await readModelJsonIfThere(path);
  if (index === undefined) return ['model.safetensors'];
  const parsed = z.looseObject({ weight_map: z.record(z.string(), z.string()) }).safeParse(index);
  if (parsed.success) return [...new Set(Object.values(parsed.data.weight_map))].sort();
  throw new SoarError('MODEL_WEIGHTS', 'weight_map is missing or is not a map of names to files', {
    where: path,
    remedy: 'copy or download the file again',
  });
}

async function openWeights(path: string): Promise<OpenSafetensors> {
  await refusePointer(path);
  return openSafetensors(path).catch((error) => {
    throw modelFileError(path, error);
  });
}

async function arrange(
  shape: LlamaShape,
  tensors: ReadonlyMap<string, FileTensor>,
  folder: string,
): Promise<Float32Array> {
  const layout = llamaLayout(shape);
  const known = new Set([...layout.slots.map((slot) => slot.name), head]);
  for (const { name, shape: dims } of layout.slots) {
    const tensor = tensors.get(name);
    if (!tensor) throw wrong(`the tensor ${name} is missing, by config.json (${saidBy(name)}) it is there`, folder);
    checkShape(name, tensor, dims);
  }
  const unknown = [...tensors].find(([name]) => !known.has(name) && !name.endsWith('rotary_emb.inv_freq'));
  if (unknown) throw wrong(`the tensor ${unknown[0]} has no place in a model of this config.json`, unknown[1].path);

  const flat = new Float32Array(layout.size);
  for (const { name, offset, size } of layout.slots) {
    const values = flat.subarray(offset, offset + size);
    const tensor = tensors.get(name) as FileTensor;
    await tensor.read(values);
    if (!areFinite(values)) throw wrong(`the tensor ${name} ${notFinite}`, tensor.path);
  }
  const copy = shape.tiedEmbeddings ? tensors.get(head) : undefined;
  if (copy) await checkTied(shape, copy, flat);
  return flat;
}

/** Some files hold the head once more although the config ties it: then it has to be the embedding. Compared as it is read, never held. */
async function checkTied(shape: LlamaShape, copy: FileTensor, flat: Float32Array): Promise<void> {
  checkShape(head, copy, [shape.vocabularySize, shape.hiddenSize]);
  // The embedding is the first of the layout.
  let at = 0;
  for await (const piece of copy.pieces()) {
    if (!piece.every((value, i) => Object.is(value, flat[at + i]))) {
      throw wrong(`${head} differs from ${embedding}, which are one by config.json (tie_word_embeddings)`, copy.path);
    }
    at += piece.length;
  }
}

function checkShape(name: string, { shape, path }: FileTensor, dims: readonly number[]): void {
  if (`${shape}` === `${dims}`) return;
  throw wrong(`the tensor ${name} has the shape [${shape}], by config.json (${sizedBy(name)}) it is [${dims}]`, path);
}

/** The keys of config.json that a tensor's shape follows from, by the part of its name that says what it is. */
const sizes: readonly (readonly [RegExp, string])[] = [
  [/embed_tokens|lm_head/, 'vocab_size, hidden_size'],
  [/[qk]_norm/, 'head_dim'],
  [/norm/, 'hidden_size'],
  [/q_proj/, 'num_attention_heads, head_dim, hidden_size'],
  [/[kv]_proj/, 'num_key_value_heads, head_dim, hidden_size'],
  [/o_proj/, 'hidden_size, num_attention_heads, head_dim'],
  [/_proj/, 'intermediate_size, hidden_size'],
];

const sizedBy = (name: string) => sizes.find(([part]) => part.test(name))?.[1] ?? '';

/** The keys that say that a tensor is there. */
function saidBy(name: string): string {
  if (name === head) return 'tie_word_embeddings';
  if (name.endsWith('.bias')) return 'model_type, attention_bias';
  return name.includes('.layers.') ? 'model_type, num_hidden_layers' : 'model_type';
}

export const notFinite = 'holds a number that is none (NaN or infinite)';

/** NaN and infinities are all that differ from themselves less themselves. */
export function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i] as number) - (values[i] as number) !== 0) return false;
  return true;
}

const wrong = (what: string, where: string) =>
  new SoarError('MODEL_WEIGHTS', what, { where, remedy: 'use the weights that belong to this config.json' });
