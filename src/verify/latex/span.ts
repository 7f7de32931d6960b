/** A stretch of an answer's tokens, and how to cut it where no bracket is open. */
import type { Budget } from '../budget.js';
import type { Token } from './tokens.js';

/** Tokens `from` (inclusive) to `to` (exclusive) of one lexed answer. */
export interface Span {
  readonly tokens: readonly Token[];
  /** As `matchBrackets` returns it. */
  readonly partner: Int32Array;
  readonly budget: Budget;
  readonly from: number;
  readonly to: number;
}

export function sub(span: Span, from: number, to: number): Span {
  return { tokens: span.tokens, partner: span.partner, budget: span.budget, from, to };
}

export function isMark(token: Token | undefined, mark: string): boolean {
  return token !== undefined && token.kind === 'mark' && token.text === mark;
}

/** Indices at depth 0 whose token the test accepts. Jumps over brackets, so linear even when called at every depth. */
export function topLevel(span: Span, test: (token: Token, index: number) => boolean): number[] {
  const found: number[] = [];
  for (let i = span.from; i < span.to; i++) {
    span.budget.spend(2);
    if (test(span.tokens[i] as Token, i)) found.push(i);
    const partner = span.partner[i] as number;
    if (partner > i) i = partner;
  }
  return found;
}

/** The pieces between the given indices. */
export function cutAt(span: Span, indices: readonly number[]): Span[] {
  const pieces: Span[] = [];
  let from = span.from;
  for (const index of [...indices, span.to]) {
    pieces.push(sub(span, from, index));
    from = index + 1;
  }
  return pieces;
}

export function isEmpty(span: Span): boolean {
  return span.from >= span.to;
}

/** The bracket that opens the span when its partner ends it, else undefined. */
export function wholeBracket(span: Span): Token | undefined {
  return span.to - span.from >= 2 && span.partner[span.from] === span.to - 1 ? span.tokens[span.from] : undefined;
}

/** Inside of the brackets, with braces that only group taken off. */
export function withoutGrouping(span: Span): Span {
  let inner = span;
  while (isMark(wholeBracket(inner), '{')) inner = sub(inner, inner.from + 1, inner.to - 1);
  return inner;
}
