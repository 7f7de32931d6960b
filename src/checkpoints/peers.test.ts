/** Texts and conversations against Hugging Face's own tokenizers and templates: bench/peers/tokenizers/record.py made the numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChatTemplates } from './chat-template.js';
import type { ChatMessage, Tokenizer } from './tokenizer.js';
import { tokenizerFrom } from './tokenizer-file.js';

interface Expected {
  readonly eos: number;
  readonly vocabulary: number;
  readonly texts: readonly { text: string; ids: number[]; plain: number[]; decoded: string }[];
  readonly chats: readonly ({ messages: ChatMessage[]; template: string | null } & (
    | { text: string; ids: number[] }
    | { error: string }
  ))[];
}

const models = fileURLToPath(new URL('../../bench/peers/tokenizers/models', import.meta.url));
const json = (name: string, file: string) => JSON.parse(readFileSync(join(models, name, file), 'utf8'));

async function opened(name: string): Promise<Tokenizer> {
  const config = json(name, 'tokenizer_config.json');
  const templates = await readChatTemplates(join(models, name), config);
  return tokenizerFrom(json(name, 'tokenizer.json'), config, [], name, templates);
}

describe.each(['llama3', 'qwen', 'smollm', 'mistral', 'mistral-newer'])(
  'a tokenizer in the form of %s',
  async (name) => {
    const expected: Expected = json(name, 'expected.json');
    const tokenizer = await opened(name);

    it('has the size and the end token', () => {
      expect(tokenizer.vocabularySize).toBe(expected.vocabulary);
      expect(tokenizer.endTokens).toEqual([expected.eos]);
    });

    it('makes the same tokens of every text', () => {
      expect(expected.texts.length).toBeGreaterThan(240);
      const differing = expected.texts.filter(({ text, ids }) => `${tokenizer.encode(text)}` !== `${ids}`);
      expect(differing.map(({ text, ids }) => ({ text, ids, ours: [...tokenizer.encode(text)] }))).toEqual([]);
    });

    it('makes the same text of its tokens, byte for byte', () => {
      const differing = expected.texts.filter(({ ids, decoded }) => tokenizer.decode(ids) !== decoded);
      expect(differing.map(({ ids, decoded }) => ({ decoded, ours: tokenizer.decode(ids) }))).toEqual([]);
    });

    it('makes the same text of any tokens as the library that reads them', () => {
      const config = json(name, 'tokenizer_config.json');
      const inner = new HuggingFaceTokenizer(json(name, 'tokenizer.json'), config);
      const exactly = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      fc.assert(
        fc.property(fc.array(fc.nat(tokenizer.vocabularySize - 1), { minLength: 1 }), (ids) => {
          expect(tokenizer.decode(ids)).toBe(inner.decode(ids, exactly));
        }),
        { seed: 11, numRuns: 1000 },
      );
    });

    it('knows the bytes that each token stands for', () => {
      // Where every text begins with a blank of the tokenizer's own, that is a piece like any other.
      const before = name.startsWith('mistral') ? ' ' : '';
      for (const { ids, decoded } of expected.texts) {
        const said = ids.flatMap((id) => [...(tokenizer.pieces[id] as Uint8Array)]);
        const text = new TextEncoder().encode(decoded === '' && said.length === 0 ? '' : before + decoded);
        expect(said).toEqual([...text]);
      }
    });

    it('writes the same conversations, and refuses the same', () => {
      for (const { messages, template, ...theirs } of expected.chats) {
        const chat = { messages, ...(template !== null && { template }) };
        if ('error' in theirs) {
          expect(() => tokenizer.write(chat), JSON.stringify(chat)).toThrow(theirs.error);
        } else {
          expect(tokenizer.write(chat)).toBe(theirs.text);
          expect([...tokenizer.encode(chat)]).toEqual(theirs.ids);
        }
      }
    });
  },
);
