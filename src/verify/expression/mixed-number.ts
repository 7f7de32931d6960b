/** Mixed numbers: `3\frac18` and `3 1/8` are 3 + 1/8, where the fraction is proper and in plain digits. */
import { integer, type Rational } from '../arithmetic/rational.js';
import { isMark } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import type { Node } from './node.js';

/** The fraction after the whole number at hand, and the tokens of both; `peek(1)` is the token after that number. */
export function fractionAfter(peek: (ahead: number) => Token | undefined): { node: Node; length: number } | undefined {
  const [a, b, c, d] = [peek(1), peek(2), peek(3), peek(4)];
  if (a?.kind === 'number' && a.space && isMark(b, '/') && c?.kind === 'number') {
    return properFraction(a.text, c.text, 4);
  }
  if (!(a?.kind === 'command' && a.text === 'frac')) return undefined;
  if (b?.kind === 'number' && b.text.length === 2) return properFraction(b.text[0] as string, b.text[1] as string, 3);
  if (b?.kind === 'number' && b.text.length === 1) {
    if (c?.kind === 'number' && c.text.length === 1) return properFraction(b.text, c.text, 4);
    if (isMark(c, '{') && d?.kind === 'number' && isMark(peek(5), '}')) return properFraction(b.text, d.text, 6);
  }
  if (isMark(b, '{') && c?.kind === 'number' && isMark(d, '}')) {
    const [e, f, g] = [peek(5), peek(6), peek(7)];
    if (isMark(e, '{') && f?.kind === 'number' && isMark(g, '}')) return properFraction(c.text, f.text, 8);
    if (e?.kind === 'number' && e.text.length === 1) return properFraction(c.text, e.text, 6);
  }
  return undefined;
}

function properFraction(over: string, under: string, length: number): { node: Node; length: number } | undefined {
  if (over.includes('.') || under.includes('.')) return undefined;
  const [n, d] = [BigInt(over), BigInt(under)];
  if (n >= d) return undefined;
  const number = (value: Rational): Node => ({ op: 'number', value, decimal: false });
  return { node: { op: 'quotient', over: number(integer(n)), under: number(integer(d)) }, length };
}
