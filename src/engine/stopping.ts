/** When a completion ends: at a stop token, or as soon as its text contains a stop string. Shared by the in-process engines. */
import type { SamplingOptions } from './engine.js';

export type StopRule = Pick<SamplingOptions, 'stopTokens' | 'stopStrings'>;

/** One for each running completion. Strings are looked for byte by byte as their characters arrive (Knuth, Morris, Pratt 1977). */
export class StopDetector {
  private readonly rule: CompiledStopRule;
  private readonly pieces: readonly Uint8Array[];
  /** By string: how many of its first bytes the text ends with. */
  private readonly matched: Int32Array;

  constructor(rule: CompiledStopRule, pieces: readonly Uint8Array[]) {
    this.rule = rule;
    this.pieces = pieces;
    this.matched = new Int32Array(rule.strings.length);
  }

  /** Takes the next token; true when the completion ends with it. */
  push(token: number): boolean {
    const { tokens, strings, borders } = this.rule;
    if (tokens.has(token)) return true;
    // A model may have more rows than its tokenizer has tokens; those say nothing.
    const piece = this.pieces[token] ?? nothing;
    let found = false;
    for (let s = 0; s < strings.length; s++) {
      const string = strings[s] as Uint8Array;
      const border = borders[s] as Int32Array;
      let matched = this.matched[s] as number;
      found ||= string.length === 0;
      for (let i = 0; i < piece.length; i++) {
        while (matched > 0 && piece[i] !== string[matched]) matched = border[matched - 1] as number;
        if (piece[i] === string[matched]) matched++;
        if (matched < string.length) continue;
        found = true;
        matched = border[matched - 1] ?? 0;
      }
      this.matched[s] = matched;
    }
    return found;
  }
}

export interface CompiledStopRule {
  readonly tokens: ReadonlySet<number>;
  /** UTF-8. */
  readonly strings: readonly Uint8Array[];
  /** By string, for each of its beginnings: the length of the longest shorter beginning that it ends with. */
  readonly borders: readonly Int32Array[];
}

export function compileStopRule(rule: StopRule): CompiledStopRule {
  const strings = (rule.stopStrings ?? []).map((string) => new TextEncoder().encode(string));
  return { tokens: new Set(rule.stopTokens), strings, borders: strings.map(bordersOf) };
}

const nothing = new Uint8Array(0);

function bordersOf(string: Uint8Array): Int32Array {
  const borders = new Int32Array(string.length);
  let matched = 0;
  for (let i = 1; i < string.length; i++) {
    while (matched > 0 && string[i] !== string[matched]) matched = borders[matched - 1] as number;
    if (string[i] === string[matched]) matched++;
    borders[i] = matched;
  }
  return borders;
}
