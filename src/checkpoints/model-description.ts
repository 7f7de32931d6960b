/**
 * What of a model is known without its weights: tokenizer, vocabulary and context, of any architecture. For engines whose weights
 * are on a service: the folder needs config.json and the tokenizer's files, and no more.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import { readChatTemplates } from './chat-template.js';
import { tokenIds } from './llama-config.js';
import { readModelJson, readModelJsonIfThere, refuseNoFolder } from './model-file.js';
import type { Tokenizer } from './tokenizer.js';
import { type TokenizerJson, tokenizerFrom } from './tokenizer-file.js';

export interface ModelDescription {
  readonly tokenizer: Tokenizer;
  /** Rows of the model's embedding: at least the tokenizer's tokens. */
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** The key that it follows from, and its file, for messages. */
  readonly contextFrom: string;
  /** SHA-256 of all of this, hex. */
  readonly hash: string;
}

const text = z.looseObject({
  vocab_size: z.int().min(1),
  max_position_embeddings: z.int().min(1),
  eos_token_id: tokenIds,
});
/** Models that also see have their language part inside. */
const configSchema = z.union([text, z.looseObject({ text_config: text }).transform((config) => config.text_config)]);

/** @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG, MODEL_TOKENIZER, TOKENIZER_* */
export async function readModelDescription(folder: string): Promise<ModelDescription> {
  await refuseNoFolder(folder);
  const path = join(folder, 'config.json');
  const parsed = configSchema.safeParse(await readModelJson(path));
  if (!parsed.success) {
    throw new SoarError('MODEL_CONFIG', 'vocab_size or max_position_embeddings is missing', {
      where: path,
      remedy: 'use the config.json that belongs to the model',
    });
  }
  const { vocab_size: vocabularySize, max_position_embeddings: contextLength, eos_token_id: ends } = parsed.data;
  const endTokens = (await readEndTokens(folder)) ?? ends ?? [];
  const { tokenizer, files } = await readTokenizer(folder, endTokens, vocabularySize);
  const facts = JSON.stringify([vocabularySize, contextLength, endTokens, files]);
  const contextFrom = `max_position_embeddings of ${path}`;
  return {
    tokenizer,
    vocabularySize,
    contextLength,
    contextFrom,
    hash: createHash('sha256').update(facts).digest('hex'),
  };
}

/** generation_config.json's; undefined where it has none. @throws SoarError MODEL_CONFIG */
export async function readEndTokens(folder: string): Promise<readonly number[] | undefined> {
  const path = join(folder, 'generation_config.json');
  const json = (await readModelJsonIfThere(path)) ?? {};
  const parsed = z.looseObject({ eos_token_id: tokenIds }).safeParse(json);
  if (parsed.success) return parsed.data.eos_token_id;
  throw new SoarError('MODEL_CONFIG', 'eos_token_id: neither a token id nor a list of them', {
    where: path,
    remedy: 'use the generation_config.json that belongs to the model',
  });
}

/** @throws SoarError MODEL_MISSING, MODEL_TOKENIZER, TOKENIZER_* */
export async function readTokenizer(
  folder: string,
  endTokens: readonly number[],
  vocabularySize: number,
): Promise<{ readonly tokenizer: Tokenizer; readonly files: readonly unknown[] }> {
  const path = join(folder, 'tokenizer.json');
  const json = (await readModelJson(path)) as TokenizerJson;
  const config = ((await readModelJsonIfThere(join(folder, 'tokenizer_config.json'))) ?? {}) as object;
  const templates = await readChatTemplates(folder, config);
  const tokenizer = tokenizerFrom(json, config, endTokens, path, templates);
  if (tokenizer.vocabularySize <= vocabularySize) return { tokenizer, files: [json, config, templates.templates] };
  throw new SoarError(
    'MODEL_TOKENIZER',
    `the tokenizer has ${tokenizer.vocabularySize} tokens, the model only ${vocabularySize}`,
    { where: path, remedy: 'use the tokenizer.json that belongs to the model' },
  );
}
