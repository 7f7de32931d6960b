/** A model folder's tokenizer.json, and its chat templates, as a `Tokenizer`, over @huggingface/tokenizers. */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { SoarError } from '../errors.js';
import { byteLevelDecoder, byteOf, type Said } from './byte-level-decoder.js';
import { type ChatTemplates, chatWriter, specialTokensOf } from './chat-template.js';
import type { Prompt, Tokenizer } from './tokenizer.js';

/** The parts of tokenizer.json that are read here; the library reads the rest. */
const tokenizerSchema = z.looseObject({
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), special: z.boolean().default(false) }))
    .nullish()
    .transform((tokens) => tokens ?? []),
  // A list in Unigram models, where the place is the id.
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.int().min(0)), z.array(z.unknown())]) }),
});

export type TokenizerJson = z.input<typeof tokenizerSchema>;

/**
 * @param config tokenizer_config.json, or {}
 * @param endTokens of config.json or generation_config.json; the tokenizer's own eos_token ends a text as well
 * @param where the file, for messages
 * @param chat absent where there are no templates
 * @throws SoarError TOKENIZER_UNREADABLE
 */
export function tokenizerFrom(
  json: TokenizerJson,
  config: object,
  endTokens: readonly number[],
  where: string,
  chat: ChatTemplates = { templates: {}, specialTokens: {}, where },
): Tokenizer {
  const unreadable = (why: string, cause?: unknown) =>
    new SoarError('TOKENIZER_UNREADABLE', `the tokenizer cannot be built: ${why}`, {
      where,
      remedy: 'use the tokenizer.json that belongs to the model',
      cause,
    });
  const parsed = tokenizerSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreadable(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  let inner: HuggingFaceTokenizer;
  try {
    inner = new HuggingFaceTokenizer(json, config);
  } catch (cause) {
    throw unreadable((cause as Error).message, cause);
  }
  const { model, added_tokens: added } = parsed.data;
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const ids = [...(Array.isArray(model.vocab) ? model.vocab.keys() : Object.values(model.vocab))];
  const vocabularySize = 1 + [...ids, ...added.map(({ id }) => id)].reduce((a, b) => Math.max(a, b), -1);
  const byteLevel = JSON.stringify(json.decoder ?? null).includes('"ByteLevel"');
  const pieces = Array.from({ length: vocabularySize }, (_, id) =>
    special.has(id) ? new Uint8Array(0) : pieceOf(inner.id_to_token(id) ?? '', byteLevel),
  );
  // What the tokens say and no more: some models' configs ask for blanks before full stops to be taken out.
  const exactly = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
  // The library refuses an empty list, and knows no ids past its tokens.
  const slow = (tokens: ArrayLike<number>) => {
    const known = Array.from(tokens).filter((id) => id < vocabularySize);
    return known.length === 0 ? '' : inner.decode(known, exactly);
  };
  const texts = joinable(pieces, slow) ? pieces.map((piece) => new TextDecoder().decode(piece)) : undefined;
  const fast = (tokens: ArrayLike<number>) => {
    let text = '';
    for (let i = 0; i < tokens.length; i++) text += texts?.[tokens[i] as number] ?? '';
    return text;
  };
  const said = saidByToken(parsed.data, config, (id) => inner.id_to_token(id), vocabularySize);
  const ownEnd = inner.token_to_id(specialTokensOf(config).eos_token ?? '');
  const writeChat = chatWriter(chat);
  const write = (prompt: Prompt) => (typeof prompt === 'string' ? prompt : writeChat(prompt));
  const encoded = new Map<string, Int32Array>();
  return {
    vocabularySize,
    endTokens: [...new Set([...endTokens, ...(ownEnd === undefined ? [] : [ownEnd])])],
    pieces,
    // The same few prompts are asked for again and again.
    encode(prompt) {
      const text = write(prompt);
      // A template writes the special tokens itself; more of them would stand there twice.
      const options = { add_special_tokens: typeof prompt === 'string' };
      const key = `${options.add_special_tokens}/${text}`;
      let ids = encoded.get(key);
      if (!ids) {
        ids = Int32Array.from(inner.encode(text, options).ids);
        if (encoded.size >= 10_000) encoded.clear();
        encoded.set(key, ids);
      }
      // A copy: what a caller does to it stays with the caller.
      return ids.slice();
    },
    write,
    decode: texts ? fast : said ? byteLevelDecoder(said) : slow,
  };
}

/**
 * True when a text is its tokens' pieces, one after the other: each piece is whole UTF-8, each token alone decodes to its piece,
 * and so do all of them in a row, both ways round.
 */
function joinable(pieces: readonly Uint8Array[], decode: (tokens: number[]) => string): boolean {
  if (pieces.length > 1000) return false;
  let texts: string[];
  try {
    texts = pieces.map((piece) => new TextDecoder('utf-8', { fatal: true }).decode(piece));
  } catch {
    return false;
  }
  const ids = pieces.map((_, id) => id);
  const backwards = ids.slice().reverse();
  const agrees = (tokens: number[]) => decode(tokens) === tokens.map((id) => texts[id]).join('');
  return ids.every((id) => agrees([id])) && agrees(ids) && agrees(backwards) && agrees([...ids, ...ids]);
}

/**
 * What each token says in the library's own decoder, where that is the byte-level one and nothing else: special tokens nothing, added
 * ones their text, all others bytes. Undefined for every other kind of tokenizer, and for one that has tokens of other letters.
 */
function saidByToken(
  { decoder, model, added_tokens: added }: z.output<typeof tokenizerSchema>,
  { additional_special_tokens: more }: { readonly additional_special_tokens?: unknown },
  tokenOf: (id: number) => string | undefined,
  size: number,
): Said[] | undefined {
  if ((decoder as { type?: unknown } | null)?.type !== 'ByteLevel' || model.end_of_word_suffix) return undefined;
  const special = new Set<unknown>(Array.isArray(more) ? more : []);
  for (const one of added) if (one.special) special.add(one.content);
  const contents = new Set(added.map(({ content }) => content));
  const said: Said[] = [];
  for (let id = 0; id < size; id++) {
    const token = tokenOf(id) ?? (model.unk_token as string | null | undefined);
    if (token == null || special.has(token)) said.push(undefined);
    else if (contents.has(token)) said.push(token);
    else {
      const bytes = new Uint8Array([...token].length);
      let at = 0;
      for (const letter of token) {
        const byte = byteOf.get(letter);
        if (byte === undefined) return undefined;
        bytes[at++] = byte;
      }
      said.push(bytes);
    }
  }
  return said;
}

/** The bytes that a token stands for: byte-level alphabets and `<0xNN>` tokens are undone, SentencePiece's blank is a blank. */
function pieceOf(token: string, byteLevel: boolean): Uint8Array {
  if (byteLevel && [...token].every((char) => byteOf.has(char))) {
    return Uint8Array.from([...token], (char) => byteOf.get(char) as number);
  }
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
  if (byte) return Uint8Array.of(Number.parseInt(byte[1] as string, 16));
  return new TextEncoder().encode(token.replaceAll('\u2581', ' '));
}

/**
 * A tokenizer.json with one token per character. Ids: 0 is the beginning-of-text token, which every encoding starts with; the
 * characters of `alphabet` follow in order.
 */
export function characterTokenizer(alphabet: string, beginning: string): TokenizerJson {
  const characters = [...alphabet];
  const vocab = Object.fromEntries([beginning, ...characters].map((token, id) => [token, id]));
  const bos = { id: 0, content: beginning, special: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ ...bos, ...flags }],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: beginning, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: beginning, type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { [beginning]: { id: beginning, ids: [0], tokens: [beginning] } },
    },
    decoder: { type: 'Fuse' },
    model: { type: 'WordLevel', vocab, unk_token: beginning },
  };
}
