import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterTokenizer, type TokenizerJson, tokenizerFrom } from './tokenizer-file.js';

const bytes = (text: string) => [...new TextEncoder().encode(text)];
const saidBy = (pieces: readonly Uint8Array[], ids: Iterable<number>) => [...ids].flatMap((id) => [...pieces[id]]);

const library = (json: object) => new HuggingFaceTokenizer(json, {});
const exactly = { skip_special_tokens: true, clean_up_tokenization_spaces: false };

describe('a character tokenizer', () => {
  const json = characterTokenizer('ab .é=', '^');
  const tokenizer = tokenizerFrom(json, {}, [4], 'test');

  it('has a token for the beginning and one per character', () => {
    expect(tokenizer.vocabularySize).toBe(7);
    expect([...tokenizer.encode('b =a')]).toEqual([0, 2, 3, 6, 1]);
    expect([...tokenizer.encode('')]).toEqual([0]);
    expect(tokenizer.decode([0, 2, 0, 5, 6])).toBe('bé=');
    expect(tokenizer.endTokens).toEqual([4]);
    expect(tokenizer.pieces.map((piece) => [...piece])).toEqual(['', 'a', 'b', ' ', '.', 'é', '='].map(bytes));
  });

  it('gives a text back as it was, blanks before full stops included', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab .é=]{0,20}$/), (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(saidBy(tokenizer.pieces, ids)).toEqual(bytes(text));
      }),
      { seed: 6 },
    );
  });

  it('decodes any ids as the library does', () => {
    const inner = library(json);
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 1 }), (ids) => {
        expect(tokenizer.decode(ids)).toBe(inner.decode(ids, exactly));
      }),
      { seed: 7 },
    );
  });

  it('writes what it does not know as the beginning of a text', () => {
    expect([...tokenizer.encode('aZ')]).toEqual([0, 1, 0]);
  });
});

/** Byte-level BPE as GPT-2 and Llama 3 have it: printable bytes stand for themselves, the others from U+0100 on. */
function byteLevelJson(): TokenizerJson {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  const letters = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
  const merges = [
    [letters[32], 't'],
    [`${letters[32]}t`, 'o'],
    // Half of an emoji's four bytes.
    [letters[0xf0], letters[0x9f]],
  ];
  const tokens = ['<end>', ...letters, ...merges.map(([a, b]) => a + b), '<tool call>'];
  const added = (content: string, special: boolean) => {
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return { id: tokens.indexOf(content), content, special, ...flags };
  };
  return {
    added_tokens: [added('<end>', true), added('<tool call>', false)],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.slice(0, -1).map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.join(' ')),
    },
  };
}

describe('a byte-level tokenizer', () => {
  const tokenizer = tokenizerFrom(byteLevelJson(), {}, [0], 'test');

  it('knows the bytes of every token, the special ones have none', () => {
    expect(tokenizer.vocabularySize).toBe(261);
    expect(tokenizer.pieces[0]).toHaveLength(0);
    for (let byte = 0; byte < 256; byte++) expect([...tokenizer.pieces[1 + byte]]).toEqual([byte]);
    expect([...tokenizer.pieces[258]]).toEqual(bytes(' to'));
    expect([...tokenizer.pieces[259]]).toEqual([0xf0, 0x9f]);
    expect([...tokenizer.pieces[260]]).toEqual(bytes('<tool call>'));
  });

  it('gives a text back, and its pieces are the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('to be, or not to be .', 'naïve 🙂', '  \n\t', 'a<tool call>b'),
    );
    fc.assert(
      fc.property(text, (written) => {
        const ids = tokenizer.encode(written);
        expect(tokenizer.decode(ids)).toBe(written);
        expect(saidBy(tokenizer.pieces, ids)).toEqual(bytes(written));
      }),
      { seed: 8 },
    );
    expect([...tokenizer.encode(' to')]).toEqual([258]);
  });

  it('decodes nothing, special tokens and ids past its own as nothing', () => {
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([0, 0])).toBe('');
    expect(tokenizer.decode([98, 300, 0, 99])).toBe('ab');
  });
});

describe('decoding byte-level tokens by their bytes', () => {
  /** Texts and marks that a decoder could stumble over, as tokens of the vocabulary. */
  const awkward = () => {
    const json = byteLevelJson() as TokenizerJson & {
      added_tokens: { id: number; content: string; special: boolean }[];
      model: { vocab: Record<string, number> };
    };
    const letter = (byte: number) =>
      Object.keys(json.model.vocab).find((token) => json.model.vocab[token] === 1 + byte);
    const spelled = (...given: number[]) => given.map(letter).join('');
    const more = [
      spelled(0xef, 0xbb, 0xbf),
      spelled(0xe2, 0x82),
      spelled(0xac, 0x20, 0xf0),
      spelled(0xed, 0xa0, 0x80),
      spelled(0x00, 0x0a, 0x0d),
      spelled(0xc0, 0xaf),
    ];
    for (const [i, token] of more.entries()) json.model.vocab[token] = 263 + i;
    // Looks like bytes and stands for itself; is in both lists; is special by the configuration alone. The ids 261 and 262 are no token's.
    json.added_tokens.push({ id: 269, content: 'Ġnot-a-blank', special: false });
    json.added_tokens.push({ id: 270, content: spelled(0x74), special: false });
    json.added_tokens.push({ id: 271, content: '<by-config>', special: false });
    return json;
  };

  it.each([
    ['plain', byteLevelJson(), {}],
    ['awkward', awkward(), { additional_special_tokens: ['<by-config>'] }],
  ])('gives what the library gives for any tokens: %s', (_, json, config) => {
    const inner = new HuggingFaceTokenizer(json, config);
    const { decode, vocabularySize } = tokenizerFrom(json, config, [], 'test');
    const token = fc.oneof(fc.nat(vocabularySize - 1), fc.integer({ min: 255, max: vocabularySize - 1 }));
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 12 }), (ids) => {
        expect(decode(Int32Array.from(ids))).toBe(inner.decode(ids, exactly));
      }),
      { seed: 10, numRuns: 3000 },
    );
    expect(decode([1 + 0xe2, 1 + 0x82, 0, 1 + 0xac])).toBe('€');
    expect(decode([1 + 0xe2, -1, 1 + 0x82, vocabularySize, 1 + 0xac])).toBe('€');
    expect(decode([1 + 0xe2, 1 + 0x82])).toBe('\ufffd');
  });

  it('leaves tokens of other letters to the library', () => {
    const json = byteLevelJson() as TokenizerJson & { model: { vocab: Record<string, number> } };
    Object.assign(json.model.vocab, { 中: 261 });
    const { decode } = tokenizerFrom(json, {}, [], 'test');
    expect(decode([98, 261, 99])).toBe(library(json).decode([98, 261, 99], exactly));
  });
});

describe('a SentencePiece tokenizer', () => {
  const tokens = ['<unk>', '<s>', '\u2581', 'a', 'b', '\u2581a', '<0xC3>', '<0xA9>'];
  const json = {
    added_tokens: ['<unk>', '<s>'].map((content, id) => ({ id, content, special: true })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '\u2581' },
        { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ['\u2581 a'],
      byte_fallback: true,
      unk_token: '<unk>',
    },
  };

  it('has blanks and single bytes as pieces', () => {
    const tokenizer = tokenizerFrom(json, {}, [], 'test');
    const ids = tokenizer.encode('a b\u00e9');
    expect([...ids]).toEqual([5, 2, 4, 6, 7]);
    expect(tokenizer.decode(ids)).toBe('a bé');
    // The blank that this kind of tokenizer puts before every text is a piece like any other.
    expect(saidBy(tokenizer.pieces, ids)).toEqual(bytes(' a bé'));
  });
});

describe('tokenizerFrom', () => {
  it('takes the vocabulary of a Llama 3 (128,256 tokens)', () => {
    const vocab = Object.fromEntries(Array.from({ length: 128_000 }, (_, id) => [`token-${id}`, id]));
    const added_tokens = Array.from({ length: 256 }, (_, i) => ({ id: 128_000 + i, content: `<${i}>`, special: true }));
    const json = {
      ...characterTokenizer('ab', '^'),
      added_tokens,
      model: { type: 'WordLevel', vocab, unk_token: 'token-0' },
    };
    const { vocabularySize, pieces } = tokenizerFrom(json, {}, [], 'test');
    expect([vocabularySize, pieces.length]).toEqual([128_256, 128_256]);
    expect([...pieces[7]]).toEqual(bytes('token-7'));
  });

  const whole = characterTokenizer('ab', '^');
  it.each<[string, unknown]>([
    ['null', null],
    ['without a model', { ...whole, model: undefined }],
    ['with an id that is no integer', { ...whole, model: { ...whole.model, vocab: { a: 'b' } } }],
    ['with an unknown decoder', { ...whole, decoder: { type: 'Runes' } }],
  ])('refuses a tokenizer.json %s', (_, json) => {
    expect(() => tokenizerFrom(json as TokenizerJson, {}, [], 'a/tokenizer.json')).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_UNREADABLE', where: 'a/tokenizer.json' }),
    );
  });
});
