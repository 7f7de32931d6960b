/** Against sentence-transformers on a tiny encoder that it wrote: bench/peers/sentence-encoder/record.py. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openSentenceEncoder } from './sentence-encoder.js';
import { diversityOf } from './vendi.js';

const recorded = fileURLToPath(new URL('../../../bench/peers/sentence-encoder', import.meta.url));
const { texts, embeddings } = JSON.parse(readFileSync(join(recorded, 'models/expected.json'), 'utf8')) as {
  texts: string[];
  embeddings: number[][];
};
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

const root = mkdtempSync(join(tmpdir(), 'soar-encoder-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'model-'));
  cpSync(join(recorded, 'models/bert'), folder, { recursive: true });
});
const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
const similarities = async () => {
  const embedder = await openSentenceEncoder(folder);
  const { similarity } = await embedder.embed(texts);
  await embedder.close();
  return texts.map((_, i) => texts.map((_, j) => similarity(i, j)));
};

describe('a sentence encoder', () => {
  it('agrees with sentence-transformers, texts longer than it reads and padded ones included', async () => {
    const found = await similarities();
    for (const [i, row] of found.entries()) {
      for (const [j, value] of row.entries()) {
        expect(value).toBeCloseTo(dot(embeddings[i] as number[], embeddings[j] as number[]), 5);
      }
    }
    // Upper and lower case are one to it; other questions are not.
    expect(found[0]?.[1]).toBeGreaterThan(0.999);
    expect(found[0]?.[2]).toBeLessThan(0.99);
  });

  it('pools as its folder says, in the older form too', async () => {
    const mean = await similarities();
    write('1_Pooling/config.json', { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true });
    expect(await similarities()).toEqual(mean);
    write('1_Pooling/config.json', { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false });
    const first = await similarities();
    write('1_Pooling/config.json', { pooling_mode: 'lasttoken' });
    const last = await similarities();
    expect(new Set([mean, first, last].map((one) => (one[0] as number[])[3]?.toFixed(4))).size).toBe(3);
  });

  it('says how diverse questions are', async () => {
    const embedder = await openSentenceEncoder(folder);
    const { vendi, distance } = await diversityOf(texts, 's', { embedder });
    await embedder.close();
    expect(vendi).toBeGreaterThan(1.05);
    expect(vendi).toBeLessThan(texts.length);
    expect(distance).toBeGreaterThan(0);
  });
});

describe('a folder that is none', () => {
  const failure = () =>
    openSentenceEncoder(folder).then(
      () => undefined,
      (error) => `${error.code} ${error.message}`,
    );
  it('without a graph', async () => {
    rmSync(join(folder, 'onnx'), { recursive: true });
    expect(await failure()).toMatch(/^ENCODER_FOLDER there is neither onnx\/model.onnx nor model.onnx/);
  });
  it('with a broken graph', async () => {
    writeFileSync(join(folder, 'onnx/model.onnx'), 'no graph');
    expect(await failure()).toMatch(/^ENCODER_FAILED the sentence encoder does not work/);
  });
  it('without a tokenizer', async () => {
    rmSync(join(folder, 'tokenizer.json'));
    expect(await failure()).toMatch(/^MODEL_MISSING .*tokenizer.json/);
  });
  it('with a pooling that is not there', async () => {
    write('1_Pooling/config.json', { pooling_mode: 'weightedmean' });
    expect(await failure()).toMatch(/^ENCODER_FOLDER pooling weightedmean: there are mean, cls, lasttoken/);
  });
});
