/** The parser's hand on the tokens: looking ahead, taking, brackets, and how deep it is. */
import { limits, Unreadable } from '../budget.js';
import { isMark, type Span, sub, topLevel } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import type { Node } from './node.js';

export abstract class TokenReader {
  protected readonly span: Span;
  protected at: number;
  /** Digits already taken from the number token at `at`. */
  protected taken = 0;
  protected depth: number;

  constructor(span: Span, depth: number) {
    this.span = span;
    this.at = span.from;
    this.depth = depth;
  }

  /** The expression that is all of the tokens from `from` to `to`. */
  protected abstract inside(from: number, to: number): Node;

  expectEnd(): void {
    if (this.at < this.span.to) throw new Unreadable(`cannot be read at "${this.peek()?.text}"`);
  }

  protected peek(ahead = 0): Token | undefined {
    const i = this.at + ahead;
    return i < this.span.to ? this.span.tokens[i] : undefined;
  }

  protected next(mark: string): boolean {
    return isMark(this.peek(), mark);
  }

  protected accept(mark: string): boolean {
    if (!this.next(mark)) return false;
    this.at++;
    return true;
  }

  protected nested<T>(read: () => T): T {
    if (++this.depth > limits.depth) throw new Unreadable('is nested too deeply');
    this.span.budget.spend(16);
    const result = read();
    this.depth--;
    return result;
  }

  /** The tokens of the next group or the next single token, as text. */
  protected rawArgument(): string {
    const token = this.peek();
    if (!token) throw new Unreadable('ends where a subscript should be');
    const close = isMark(token, '{') ? (this.span.partner[this.at] as number) : this.at;
    let text = '';
    for (let i = this.at; i <= close; i++) {
      const part = this.span.tokens[i] as Token;
      if (!isMark(part, '{') && !isMark(part, '}')) text += part.text;
    }
    this.at = close + 1;
    return text;
  }

  /** The bracketed group at hand, any bracket. */
  protected group(): Node {
    return this.nested(() => {
      const close = this.span.partner[this.at] as number;
      const node = this.inside(this.at + 1, close);
      this.at = close + 1;
      return node;
    });
  }

  /** Comma-separated expressions inside the bracket at hand. */
  protected bracketArguments(): Node[] {
    const close = this.span.partner[this.at] as number;
    const inner = sub(this.span, this.at + 1, close);
    const commas = topLevel(inner, (token) => isMark(token, ','));
    const args: Node[] = [];
    let from = inner.from;
    for (const comma of [...commas, inner.to]) {
      args.push(this.inside(from, comma));
      from = comma + 1;
    }
    this.at = close + 1;
    return args;
  }
}
