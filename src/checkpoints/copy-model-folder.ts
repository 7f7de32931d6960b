/**
 * A model folder once more, with other weights: tokenizer, chat template, generation settings and licence texts come from the
 * base model's folder byte for byte; of config.json only the number type changes.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inSinglePrecision } from './llama-config.js';
import type { LlamaShape } from './llama-shape.js';
import { modelFileError, readModelJson } from './model-file.js';
import { writeWeights } from './model-weights.js';
import { writePieces } from './write-file.js';

/** What tokenizers, generation and licences of Hugging Face models are kept in. A folder need not have them all. */
const copied = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'tokenizer.model',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'LICENSE',
  'LICENSE.md',
  'LICENSE.txt',
  'NOTICE',
  'NOTICE.txt',
  'USE_POLICY.md',
];

const templateFolder = 'additional_chat_templates';

/**
 * @param base a folder that `readModelFolder` reads
 * @param into an empty folder
 * @throws SoarError MODEL_MISSING, MODEL_LFS_POINTER, MODEL_CONFIG; what the operating system refuses to write comes through as it is
 */
export async function copyModelFolder(
  base: string,
  into: string,
  { shape, weights }: { readonly shape: LlamaShape; readonly weights: Float32Array },
): Promise<void> {
  const config = inSinglePrecision((await readModelJson(join(base, 'config.json'))) as Record<string, unknown>);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  await writePieces(join(into, 'config.json'), [new TextEncoder().encode(text)]);
  const templates = (await namesIn(join(base, templateFolder))).map((name) => join(templateFolder, name));
  if (templates.length > 0) await mkdir(join(into, templateFolder));
  for (const name of [...copied, ...templates]) {
    const bytes = await readIfThere(join(base, name));
    if (bytes) await writePieces(join(into, name), [bytes]);
  }
  await writeWeights(into, shape, weights);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw modelFileError(folder, error);
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw modelFileError(path, error);
  }
}
