/**
 * A byte-level tokenizer of any size, of our own making: all bytes, pieces of words and numbers of two to four letters, and halves of
 * characters that take several bytes. Its texts say nothing; they cost what texts cost.
 */

import { byteOf } from '../dist/checkpoints/byte-level-decoder.js';

/** As GPT-2 spells bytes, by byte. */
const letters = [...byteOf.keys()];
const blank = letters[32];
const alphabet = [...'etaoinshrdlucmfwypvbgkjqxz0123456789=+-(){}\\$^_.,'];

/** @param {number} size tokens in all: 258 are the bytes alone; the last two mark the beginning and the end of a text. @returns tokenizer.json */
export function byteLevelTokenizer(size) {
  const vocab = new Map(letters.map((letter, byte) => [letter, byte]));
  const merges = [];
  const room = size - 2;
  const merge = (a, b) => {
    if (vocab.size >= room || vocab.has(a + b)) return;
    vocab.set(a + b, vocab.size);
    merges.push([a, b]);
  };
  const pairs = alphabet.flatMap((a) => alphabet.map((b) => [a, b]));
  for (const [a, b] of pairs) merge(a, b);
  for (const letter of alphabet) merge(blank, letter);
  // The first two bytes of characters that have three (most of Chinese) and of emojis, which have four.
  for (let lead = 0xe4; lead <= 0xe9; lead++) {
    for (let next = 0x80; next < 0xc0; next++) merge(letters[lead], letters[next]);
  }
  for (let next = 0x90; next < 0xa0; next++) merge(letters[0xf0], letters[next]);
  const words = pairs.map((pair) => pair.join(''));
  for (const [a, b] of pairs) merge(blank + a, b);
  for (const first of words) for (const second of words.slice(0, 1024)) merge(first, second);
  if (vocab.size < room) throw new Error(`there are ${vocab.size} tokens of this kind, not ${size}`);
  const mark = (id, content) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const [begin, end] = ['<|begin|>', '<|end|>'];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [mark(room, begin), mark(room + 1, end)],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: begin, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: begin, type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { [begin]: { id: begin, ids: [room], tokens: [begin] } },
    },
    decoder: byteLevel,
    model: { type: 'BPE', vocab: Object.fromEntries(vocab), merges: merges.map((pair) => pair.join(' ')) },
  };
}
