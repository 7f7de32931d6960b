/**
 * A sentence encoder from a local folder in the form of sentence-transformers: tokenizer.json, the graph as model.onnx (or
 * onnx/model.onnx), and how tokens are pooled (1_Pooling/config.json; without it, their mean). Vectors have unit length.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { readModelJson, readModelJsonIfThere } from '../../checkpoints/model-file.js';
import { SoarError } from '../../errors.js';
import type { Embedder } from './embedding.js';

/** Texts per run of the graph. */
const batchSize = 16;
/** Where no file says how much the encoder reads. */
const usualLength = 512;

/** @throws SoarError ENCODER_FOLDER, ENCODER_FAILED, MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG */
export async function openSentenceEncoder(folder: string): Promise<Embedder> {
  const tokenizer = await readTokenizer(folder);
  const pool = await readPooling(folder);
  const limit = await readLimit(folder);
  const path = await findGraph(folder);
  const session = await orRefuse(path, () => InferenceSession.create(path, { logSeverityLevel: 3 }));
  const unknown = session.inputNames.find((name) => !(name in feeds));
  if (unknown !== undefined) {
    throw refusal(path, `it asks for '${unknown}'; an encoder of texts takes ${Object.keys(feeds).join(', ')}`);
  }
  const encode = (text: string) => truncate(tokenizer, text, limit);

  async function embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const tokens = texts.map(encode);
    const length = Math.max(...tokens.map((ids) => ids.length));
    const input = Object.fromEntries(
      session.inputNames.map((name) => [name, int64s(tokens, length, feeds[name as keyof typeof feeds])]),
    );
    const output = await orRefuse(path, () => session.run(input));
    const found = (output.sentence_embedding ?? output[session.outputNames[0] as string]) as Tensor;
    const values = found.data as Float32Array;
    const [rows, , width = 0] = found.dims as readonly number[];
    if (rows !== texts.length || !(values instanceof Float32Array) || found.dims.length > 3) {
      throw refusal(path, `its first output is ${found.type} [${found.dims}]: not float32 [texts, tokens, width]`);
    }
    const size = values.length / texts.length;
    return tokens.map((ids, i) => {
      const row = values.subarray(i * size, (i + 1) * size);
      return unit(found.dims.length === 2 ? row.slice() : pool(row, ids.length, width));
    });
  }

  return {
    async embed(texts) {
      const found: Float32Array[] = [];
      for (let i = 0; i < texts.length; i += batchSize)
        found.push(...(await embedBatch(texts.slice(i, i + batchSize))));
      return { count: found.length, similarity: (i, j) => dot(found[i] as Float32Array, found[j] as Float32Array) };
    },
    close: () => session.release(),
  };
}

/** What a graph may ask for, at a token's place or past the end of a text. */
const feeds = {
  input_ids: (id: number) => id,
  attention_mask: () => 1,
  token_type_ids: () => 0,
  position_ids: (_: number, place: number) => place,
};

/** [texts, length], zeros past the end of each. */
function int64s(
  tokens: readonly (readonly number[])[],
  length: number,
  value: (id: number, place: number) => number,
): Tensor {
  const data = new BigInt64Array(tokens.length * length);
  for (const [i, ids] of tokens.entries()) {
    for (const [place, id] of ids.entries()) data[i * length + place] = BigInt(value(id, place));
  }
  return new Tensor('int64', data, [tokens.length, length]);
}

async function readTokenizer(folder: string): Promise<Tokenizer> {
  const path = join(folder, 'tokenizer.json');
  const json = (await readModelJson(path)) as object;
  const config = ((await readModelJsonIfThere(join(folder, 'tokenizer_config.json'))) ?? {}) as object;
  return orRefuse(path, async () => new Tokenizer(json, config));
}

/** The text's own tokens are cut, those that stand around every text are kept. */
function truncate(tokenizer: Tokenizer, text: string, limit: number): number[] {
  const { ids } = tokenizer.encode(text);
  if (ids.length <= limit) return ids;
  const own = tokenizer.encode(text, { add_special_tokens: false }).ids;
  const around = ids.length - own.length;
  const before = Math.min(around, ids.indexOf(own[0] as number));
  const after = around - before;
  return [...ids.slice(0, limit - after), ...ids.slice(ids.length - after)];
}

async function readLimit(folder: string): Promise<number> {
  const number = z.number().positive().optional().catch(undefined);
  const read = async (name: string, key: string) => {
    const json = await readModelJsonIfThere(join(folder, name));
    return number.parse((json as Record<string, unknown> | undefined)?.[key]);
  };
  const stated = [
    await read('sentence_bert_config.json', 'max_seq_length'),
    await read('tokenizer_config.json', 'model_max_length'),
    await read('config.json', 'max_position_embeddings'),
  ].filter((one) => one !== undefined);
  return Math.min(...stated, stated.length === 0 ? usualLength : Number.POSITIVE_INFINITY);
}

/** From token vectors [length, width], of which the first `count` are the text's, to one. */
type Pooling = (tokens: Float32Array, count: number, width: number) => Float32Array;

const poolings: Readonly<Record<string, Pooling>> = {
  mean(tokens, count, width) {
    const sum = new Float32Array(width);
    for (let t = 0; t < count; t++) for (let i = 0; i < width; i++) sum[i] += tokens[t * width + i] as number;
    return sum.map((value) => value / count);
  },
  cls: (tokens, _, width) => tokens.slice(0, width),
  lasttoken: (tokens, count, width) => tokens.slice((count - 1) * width, count * width),
};

async function readPooling(folder: string): Promise<Pooling> {
  const path = join(folder, '1_Pooling', 'config.json');
  const json = ((await readModelJsonIfThere(path)) ?? { pooling_mode: 'mean' }) as Record<string, unknown>;
  // Older folders have a switch for each.
  const switches = {
    pooling_mode_cls_token: 'cls',
    pooling_mode_mean_tokens: 'mean',
    pooling_mode_lasttoken: 'lasttoken',
  };
  const on = Object.entries(json).flatMap(([key, value]) =>
    key.startsWith('pooling_mode_') && value === true ? [switches[key as keyof typeof switches] ?? key] : [],
  );
  const modes = json.pooling_mode === undefined ? on : [json.pooling_mode].flat();
  const pooling = modes.length === 1 ? poolings[String(modes[0])] : undefined;
  if (pooling) return pooling;
  throw refusal(path, `pooling ${modes.join(' and ') || 'of no kind'}: there are ${Object.keys(poolings).join(', ')}`);
}

async function findGraph(folder: string): Promise<string> {
  const places = [join(folder, 'onnx', 'model.onnx'), join(folder, 'model.onnx')];
  for (const path of places) {
    if (await stat(path).catch(() => undefined)) return path;
  }
  throw refusal(folder, 'there is neither onnx/model.onnx nor model.onnx in it');
}

async function orRefuse<T>(where: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw new SoarError('ENCODER_FAILED', `the sentence encoder does not work: ${(cause as Error).message}`, {
      where,
      remedy: 'export it again, with onnx/model.onnx beside tokenizer.json, or leave study.encoder out',
      cause,
    });
  }
}

const refusal = (where: string, why: string) =>
  new SoarError('ENCODER_FOLDER', why, {
    where,
    remedy: 'give a folder of sentence-transformers that has its graph as ONNX, or leave study.encoder out',
  });

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(vector, vector));
  return norm === 0 ? vector : vector.map((value) => value / norm);
}
