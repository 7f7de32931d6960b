/** A model that was never trained, with a real tokenizer and its chat template: enough for the whole path of prompts, in no time. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LlamaShape, llamaLayout } from '../src/checkpoints/llama-shape.js';
import { writeModelFolder } from '../src/checkpoints/model-folder.js';
import { randomStream } from '../src/rl/random.js';

const files = new URL('../bench/peers/tokenizers/models/', import.meta.url);

/** @param family a folder of bench/peers/tokenizers/models */
export async function writeChatModel(folder: string, family: string, contextLength = 512): Promise<void> {
  const from = (name: string) => new URL(`${family}/${name}`, files);
  const tokenizer = JSON.parse(readFileSync(from('tokenizer.json'), 'utf8'));
  const { eos, vocabulary } = JSON.parse(readFileSync(from('expected.json'), 'utf8'));
  const shape: LlamaShape = {
    vocabularySize: vocabulary,
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    headSize: 8,
    intermediateSize: 16,
    contextLength,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedEmbeddings: true,
  };
  const stream = randomStream(`chat-model/${family}`);
  const weights = Float32Array.from({ length: llamaLayout(shape).size }, () => stream.float() - 0.5);
  await writeModelFolder(folder, { shape, weights, tokenizer, beginToken: 0, endTokens: [eos] });
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
    cpSync(from(name), join(folder, name), { force: true });
  }
}
