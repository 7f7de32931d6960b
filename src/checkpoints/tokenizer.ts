/** Text to token ids and back, as the model folder's tokenizer.json says. Built by `tokenizerFrom` (tokenizer-file.ts). */
export interface Tokenizer {
  readonly vocabularySize: number;
  /** Ids that end a text (from config.json / generation_config.json), empty when the model has none. */
  readonly endTokens: readonly number[];
  /** Encodes with the special tokens a prompt needs (a leading beginning-of-text token where the model has one); '' gives just those. */
  encode(text: string): Int32Array;
  /** Special tokens are left out. */
  decode(tokens: ArrayLike<number>): string;
  /** The UTF-8 bytes that each token adds to a text, indexed by id; special tokens add none. */
  readonly pieces: readonly Uint8Array[];
}
