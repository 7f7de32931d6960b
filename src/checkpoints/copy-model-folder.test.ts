import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { copyModelFolder } from './copy-model-folder.js';
import { inSinglePrecision } from './llama-config.js';
import { type LlamaShape, llamaLayout } from './llama-shape.js';
import { readModelFolder, writeModelFolder } from './model-folder.js';
import { characterTokenizer } from './tokenizer-file.js';

const root = mkdtempSync(join(tmpdir(), 'copy-model-'));
afterAll(() => rmSync(root, { recursive: true }));

const shape: LlamaShape = {
  vocabularySize: 5,
  hiddenSize: 4,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 2,
  intermediateSize: 6,
  contextLength: 16,
  ropeTheta: 500,
  rmsNormEpsilon: 1e-6,
  tiedEmbeddings: false,
};

it('is the base model with other weights', async () => {
  const [base, into] = [join(root, 'base'), join(root, 'copy')];
  const weights = new Float32Array(llamaLayout(shape).size);
  const tokenizer = characterTokenizer('abc.', '^');
  await writeModelFolder(base, { shape, weights, tokenizer, beginToken: 0, endTokens: [4] });
  mkdirSync(join(base, 'additional_chat_templates'));
  const extras = ['chat_template.jinja', 'additional_chat_templates/short.jinja'];
  for (const name of extras) writeFileSync(join(base, name), `{{ messages }}\r\n`);
  const other = weights.map((_, i) => i / 3);
  mkdirSync(into);
  await copyModelFolder(base, into, { shape, weights: other });
  const read = await readModelFolder(into);
  expect(read.weights).toEqual(other);
  expect(read.shape).toEqual(shape);
  for (const name of [...extras, 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'config.json']) {
    expect(readFileSync(join(into, name)).equals(readFileSync(join(base, name)))).toBe(true);
  }
});

it('the number type is changed where it stands, and named where it is not', () => {
  expect(inSinglePrecision({ a: 1 })).toEqual({ a: 1, dtype: 'float32' });
  expect(inSinglePrecision({ dtype: 'bfloat16', b: {} })).toEqual({ dtype: 'float32', b: {} });
  expect(inSinglePrecision({ torch_dtype: 'float16' })).toEqual({ torch_dtype: 'float32' });
});
