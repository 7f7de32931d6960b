/** Equations, inequalities, memberships and chains of them. */
import { Unreadable } from '../budget.js';
import { functions } from '../expression/functions.js';
import { type Node, symbolsOf } from '../expression/node.js';
import { parseExpression } from '../expression/parser.js';
import { cutAt, isMark, type Span, sub, topLevel, withoutGrouping } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import type { IntervalsValue, RelationSign, RelationValue, Value } from './value.js';

const signs = new Set(['=', '<', '>', '≤', '≥', '≠', '≈', '≡', '∈']);

export const infinity: Node = { op: 'constant', name: 'infinity' };
export const minusInfinity: Node = { op: 'negative', of: infinity };

/** Undefined when the span has no relation sign at its top. @throws Unreadable when a side cannot be read. */
export function readRelation(span: Span, readValue: (span: Span) => Value): Value | undefined {
  const at = topLevel(span, (token) => token.kind === 'mark' && signs.has(token.text));
  if (at.length === 0) return undefined;
  if (at.length > 8) throw new Unreadable('has too many relation signs');
  const found = at.map((i) => (span.tokens[i] as Token).text);
  const sides = cutAt(span, at);
  const name = nameOf(sides[0] as Span);
  if (found.includes('∈')) {
    if (found.length > 1 || name === undefined) throw new Unreadable('has a membership in a chain');
    return { kind: 'assignment', name, values: [readValue(sides[1] as Span)], approximate: [], relation: undefined };
  }
  const steps = found.every((sign) => sign === '=' || sign === '≈');
  if (steps) return readSteps(sides, found, name, readValue);
  const trees = sides.map((side) => parseExpression(withoutGrouping(side)));
  const relation: RelationValue = { kind: 'relation', sides: trees, signs: found as RelationSign[] };
  const intervals = inequality(sides, trees, found);
  return intervals && found.length === 1 ? { ...intervals, relation } : (intervals ?? relation);
}

function readSteps(
  sides: readonly Span[],
  found: readonly string[],
  name: string | undefined,
  readValue: (span: Span) => Value,
): Value {
  const relation = tryRelation(sides, found);
  // A name may be repeated: y = f(x) = x^2.
  let names = 0;
  while (names < sides.length - 1 && nameOf(sides[names] as Span) !== undefined) names++;
  const last = sides[sides.length - 1] as Span;
  if (
    names === 0 &&
    sides.length === 2 &&
    nameOf(last) !== undefined &&
    relation &&
    !symbolsOf(relation.sides[0] as Node).length
  ) {
    // 4 = x.
    const value = readValue(sides[0] as Span);
    return { kind: 'assignment', name: nameOf(last) as string, values: [value], approximate: [], relation };
  }
  const own = name === undefined ? undefined : symbolsIn(sides[0] as Span);
  const recursive = own && relation?.sides.slice(names).some((side) => mentions(side, own));
  if (names > 0 && !recursive) {
    const values = sides.slice(names).map(readValue);
    return {
      kind: 'assignment',
      name: name as string,
      values,
      approximate: approximations(found.slice(names)),
      relation,
    };
  }
  if (relation?.sides.some((side) => symbolsOf(side).length > 0)) return relation;
  const values = sides.map(readValue);
  return { kind: 'chain', values, approximate: approximations(found) };
}

function approximations(found: readonly string[]): boolean[] {
  return found.map((sign) => sign === '≈');
}

function tryRelation(sides: readonly Span[], found: readonly string[]): RelationValue | undefined {
  try {
    const trees = sides.map((side) => parseExpression(withoutGrouping(side)));
    return { kind: 'relation', sides: trees, signs: found as RelationSign[] };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** A single letter on the left that the right side uses again makes an equation, not a definition. */
function symbolsIn(span: Span): string | undefined {
  return span.to - span.from === 1 && span.tokens[span.from]?.kind === 'letters'
    ? span.tokens[span.from]?.text
    : undefined;
}

function mentions(tree: Node, name: string): boolean {
  return symbolsOf(tree).includes(name);
}

/**
 * The name that a left side is, undefined when it is none: letters and what hangs on them, sums of such, words. Numbers count only in
 * subscripts and as the argument of a function, so that `5x` and `x^2` name nothing.
 */
export function nameOf(span: Span): string | undefined {
  let name = '';
  let symbols = 0;
  for (let i = span.from; i < span.to; i++) {
    const token = span.tokens[i] as Token;
    const partner = span.partner[i] as number;
    if (token.kind === 'letters' || token.kind === 'text') {
      name += token.text;
      symbols++;
    } else if (token.kind === 'command') {
      if (['frac', 'sqrt', 'pi', 'binom', 'infty'].includes(token.text)) return undefined;
      name += token.text;
      if (!functions.has(token.text)) symbols++;
    } else if (token.kind !== 'mark') return undefined;
    else if (token.text === '_') {
      const end = isMark(span.tokens[i + 1], '{') ? (span.partner[i + 1] as number) : i + 1;
      if (end >= span.to) return undefined;
      name += `_${textOf(sub(span, i + 1, end + 1))}`;
      i = end;
    } else if (token.text === '(' && name !== '' && partner - i <= 8) {
      const inner = sub(span, i + 1, partner);
      if (!isArgument(inner)) return undefined;
      name += `(${textOf(inner)})`;
      if (inner.tokens.slice(inner.from, inner.to).some((part) => part.kind === 'letters')) symbols++;
      i = partner;
    } else if (token.text === "'" || token.text === '+' || token.text === '|') name += token.text;
    else if (token.text === '(' && name === '' && partner === span.to - 1) {
      // (x, y) = ..
      const inner = textOf(sub(span, i + 1, partner));
      return /^[A-Za-z]+(,[A-Za-z]+)+$/.test(inner) ? `(${inner})` : undefined;
    } else if (!isMark(token, '{') && !isMark(token, '}')) return undefined;
  }
  return symbols > 0 && !name.startsWith('+') && name !== 'e' && name !== 'i' ? name : undefined;
}

/** What a name may be applied to: letters, events, or one number; `x(x-3)` names nothing. */
function isArgument(span: Span): boolean {
  const tokens = span.tokens.slice(span.from, span.to);
  if (tokens.length === 1 && tokens[0]?.kind === 'number') return true;
  return tokens.every(
    (token) => token.kind === 'letters' || token.kind === 'command' || [',', '|', '∩', '∪', '_'].includes(token.text),
  );
}

function textOf(span: Span): string {
  let text = '';
  for (let i = span.from; i < span.to; i++) {
    const token = span.tokens[i] as Token;
    if (!isMark(token, '{') && !isMark(token, '}')) text += token.text;
  }
  return text;
}

/** `a < x \le b`, `x > 4`, `4 > x`, `x \ne 3`: intervals when the bounds are constants. */
function inequality(
  sides: readonly Span[],
  trees: readonly Node[],
  found: readonly string[],
): IntervalsValue | undefined {
  const names = sides.map(nameOf);
  const constant = trees.map((tree) => symbolsOf(tree).length === 0);
  if (sides.length === 2) {
    const flipped = constant[0] && names[1] !== undefined;
    if (!flipped && !(constant[1] && names[0] !== undefined)) return undefined;
    const name = (flipped ? names[1] : names[0]) as string;
    const bound = (flipped ? trees[0] : trees[1]) as Node;
    const sign = flipped ? mirrored(found[0] as string) : (found[0] as string);
    return ray(name, sign, bound);
  }
  if (sides.length !== 3 || names[1] === undefined || !constant[0] || !constant[2]) return undefined;
  const [low, , high] = trees as [Node, Node, Node];
  const [a, b] = found as [string, string];
  if ('<≤'.includes(a) && '<≤'.includes(b)) return between(names[1], low, high, a === '≤', b === '≤');
  if ('>≥'.includes(a) && '>≥'.includes(b)) return between(names[1], high, low, b === '≥', a === '≥');
  return undefined;
}

function between(name: string, low: Node, high: Node, lowClosed: boolean, highClosed: boolean): IntervalsValue {
  return { kind: 'intervals', name, parts: [{ low, high, lowClosed, highClosed }] };
}

function ray(name: string, sign: string, bound: Node): IntervalsValue | undefined {
  const below = { low: minusInfinity, high: bound, lowClosed: false, highClosed: sign === '≤' };
  const above = { low: bound, high: infinity, lowClosed: sign === '≥', highClosed: false };
  if (sign === '<' || sign === '≤') return { kind: 'intervals', name, parts: [below] };
  if (sign === '>' || sign === '≥') return { kind: 'intervals', name, parts: [above] };
  return sign === '≠' ? { kind: 'intervals', name, parts: [below, above] } : undefined;
}

function mirrored(sign: string): string {
  const index = '<>≤≥'.indexOf(sign);
  return index < 0 ? sign : ('><≥≤'[index] as string);
}
