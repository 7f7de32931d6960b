/** Prompts to token ids, and token ids back to text, as the model folder's files say. Built by `tokenizerFrom` (tokenizer-file.ts). */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A conversation in which the assistant speaks next. */
export interface Chat {
  readonly messages: readonly ChatMessage[];
  /** Which of the model's chat templates writes it; the one named `default` where nothing is said. */
  readonly template?: string;
}

/** A text that the model goes on with, or a conversation that its chat template writes. */
export type Prompt = string | Chat;

export interface Tokenizer {
  readonly vocabularySize: number;
  /** Ids that end a text (config.json, generation_config.json, the tokenizer's own), empty when the model has none. */
  readonly endTokens: readonly number[];
  /**
   * A text with the special tokens that a prompt needs (a leading beginning-of-text token where the model has one); '' gives just
   * those. A conversation with the special tokens that the template writes and no other.
   * @throws SoarError CHAT_TEMPLATE_*
   */
  encode(prompt: Prompt): Int32Array;
  /** What the model reads: a text as it is, a conversation as the template writes it. @throws SoarError CHAT_TEMPLATE_* */
  write(prompt: Prompt): string;
  /** Special tokens are left out. */
  decode(tokens: ArrayLike<number>): string;
  /** The UTF-8 bytes that each token adds to a text, indexed by id; special tokens add none. */
  readonly pieces: readonly Uint8Array[];
}
