/** When a completion ends: at a stop token, or as soon as its text contains a stop string. Shared by the in-process engines. */
import type { SamplingOptions } from './engine.js';

export type StopRule = Pick<SamplingOptions, 'stopTokens' | 'stopStrings'>;

/** One for each running completion. */
export class StopDetector {
  private readonly tokens: ReadonlySet<number>;
  private readonly strings: readonly Uint8Array[];
  private readonly pieces: readonly Uint8Array[];
  private readonly window: number;
  private tail: number[] = [];

  constructor(rule: CompiledStopRule, pieces: readonly Uint8Array[]) {
    this.tokens = rule.tokens;
    this.strings = rule.strings;
    this.window = rule.window;
    this.pieces = pieces;
  }

  /** Takes the next token; true when the completion ends with it. */
  push(token: number): boolean {
    if (this.tokens.has(token)) return true;
    if (this.strings.length === 0) return false;
    // A model may have more rows than its tokenizer has tokens; those say nothing.
    const piece = this.pieces[token] ?? [];
    // Any occurrence that this token completes lies within the last `window - 1` bytes and the token's own.
    const text = [...this.tail, ...piece];
    this.tail = text.slice(Math.max(0, text.length - this.window + 1));
    return this.strings.some((string) => includes(text, string));
  }
}

export interface CompiledStopRule {
  readonly tokens: ReadonlySet<number>;
  /** UTF-8. */
  readonly strings: readonly Uint8Array[];
  /** Bytes of the longest string. */
  readonly window: number;
}

export function compileStopRule(rule: StopRule): CompiledStopRule {
  const strings = (rule.stopStrings ?? []).map((string) => new TextEncoder().encode(string));
  return { tokens: new Set(rule.stopTokens), strings, window: Math.max(1, ...strings.map((string) => string.length)) };
}

function includes(text: readonly number[], string: Uint8Array): boolean {
  for (let from = 0; from + string.length <= text.length; from++) {
    let i = 0;
    while (i < string.length && text[from + i] === string[i]) i++;
    if (i === string.length) return true;
  }
  return false;
}
