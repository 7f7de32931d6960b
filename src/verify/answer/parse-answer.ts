/**
 * An answer's text to a typed value: words first, then structure from the outside in (lists, relations, unions, brackets), cut where
 * no bracket is open; only leaves reach the expression parser. Golds and answers are read by the same code.
 */
import { type Budget, limits, Unreadable } from '../budget.js';
import type { Node } from '../expression/node.js';
import { numericValue } from '../expression/numeric.js';
import { matchBrackets } from '../latex/brackets.js';
import { foldCharacters } from '../latex/characters.js';
import { lex } from '../latex/lexer.js';
import { cutAt, isEmpty, isMark, type Span, sub, topLevel, wholeBracket } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import { readClock, readDate } from './calendar.js';
import { readLeaf } from './leaf.js';
import { foldWords, plainText } from './plain.js';
import { infinity, minusInfinity, nameOf, readRelation } from './relation.js';
import { thousandsReadings } from './thousands.js';
import type { Interval, Value } from './value.js';
import { isProse, readWords } from './words.js';

/** @throws Unreadable (or BudgetExceeded, its kind) with the reason. */
export function parseAnswer(source: string, budget: Budget): Value {
  if (source.length > limits.answerLength) throw new Unreadable(`is longer than ${limits.answerLength} characters`);
  const folded = foldCharacters(source).trim();
  if (folded === '') throw new Unreadable('is empty');
  budget.spend(folded.length * 8);
  const plain = plainText(folded);
  if (plain !== undefined) {
    const value =
      readClock(plain) ?? readDate(plain) ?? readWords(plain, folded.includes('\\text') || folded.includes('\\mbox'));
    if (value) return value;
  }
  try {
    return parseMathematics(folded, budget);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (plain !== undefined && isProse(plain)) return { kind: 'text', words: foldWords(plain) };
    const inner = textOnly(folded);
    if (inner !== undefined) return parseMathematics(inner, budget);
    throw error;
  }
}

function parseMathematics(source: string, budget: Budget): Value {
  const values: Value[] = [];
  let refusal: Unreadable | undefined;
  for (const tokens of thousandsReadings(lex(source))) {
    try {
      const span: Span = { tokens, partner: matchBrackets(tokens), budget, from: 0, to: tokens.length };
      values.push(readValue(trimmed(span), 0));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      refusal = error;
    }
  }
  if (values.length === 0) throw refusal ?? new Unreadable('is empty');
  return values.length === 1 ? (values[0] as Value) : { kind: 'either', values };
}

/** `\text{13}`, `\text{5 cm}`: the words of a text that is the whole answer, as mathematics. */
function textOnly(source: string): string | undefined {
  const tokens = lex(source).filter((token) => !isMark(token, '{') && !isMark(token, '}'));
  const [only] = tokens;
  return tokens.length === 1 && only?.kind === 'text' ? only.text : undefined;
}

const leading = new Set(['=', '≈', ':', ',', '"']);
const trailing = new Set([',', ';', '.', '?', ':', '"', '`']);

/** Without the marks around an answer that say nothing, and without braces around the whole. */
function trimmed(span: Span): Span {
  let { from, to } = span;
  for (let changed = true; changed && from < to; ) {
    changed = false;
    const [first, last] = [span.tokens[from] as Token, span.tokens[to - 1] as Token];
    if (first.kind === 'mark' && leading.has(first.text)) {
      from++;
      changed = true;
    } else if (last.kind === 'mark' && trailing.has(last.text)) {
      to--;
      changed = true;
    } else if (isMark(first, '{') && span.partner[from] === to - 1) {
      from++;
      to--;
      changed = true;
    }
  }
  return sub(span, from, to);
}

function readValue(span: Span, depth: number): Value {
  if (depth > 20) throw new Unreadable('is nested too deeply');
  const inner = trimmed(span);
  if (isEmpty(inner)) throw new Unreadable('is empty');
  const deeper = (part: Span): Value => readValue(part, depth + 1);
  return (
    readList(inner, deeper) ??
    readRelation(inner, deeper) ??
    readUnion(inner, deeper) ??
    readBracketed(inner, deeper) ??
    readNamedSet(inner) ??
    readLeaf(inner)
  );
}

function isSeparator(token: Token): boolean {
  if (token.kind === 'mark') return token.text === ',' || token.text === ';';
  return token.kind === 'letters' && (token.text === 'and' || token.text === 'or');
}

function readList(span: Span, deeper: (span: Span) => Value): Value | undefined {
  const at = topLevel(span, isSeparator);
  if (at.length === 0) return undefined;
  const items = elements(span, at, deeper);
  if (items.length === 1) return items[0];
  return joinIntervals(span, at, items) ?? { kind: 'list', items: underOneName(items) };
}

/** The values between separators; `, and` is one separator. */
function elements(span: Span, at: readonly number[], deeper: (span: Span) => Value): Value[] {
  if (at.length >= limits.elements) throw new Unreadable('has too many elements');
  const pieces = cutAt(span, at);
  const values: Value[] = [];
  pieces.forEach((piece, i) => {
    const before = span.tokens[at[i - 1] as number];
    const after = span.tokens[at[i] as number];
    if (isEmpty(piece)) {
      if (isMark(before, ',') && after?.kind === 'letters') return;
      throw new Unreadable('has an empty element');
    }
    values.push(deeper(piece));
  });
  return values;
}

/** `x = 1, 2` and `x = 1, x = 2` are the list 1, 2; different names keep their assignments. */
function underOneName(items: readonly Value[]): readonly Value[] {
  const [first] = items;
  if (first?.kind !== 'assignment') return items;
  const same = items.every((item, i) => i === 0 || item.kind !== 'assignment' || item.name === first.name);
  if (!same || items.some((item) => item.kind === 'assignment' && item.values.length !== 1)) return items;
  if (items.some((item) => item.kind === 'relation' || item.kind === 'intervals')) return items;
  return items.map((item) => (item.kind === 'assignment' ? (item.values[0] as Value) : item));
}

/** `x < 1 \text{ or } x > 3` is a union. */
function joinIntervals(span: Span, at: readonly number[], items: readonly Value[]): Value | undefined {
  if (!at.every((i) => span.tokens[i]?.text === 'or')) return undefined;
  const name = items[0]?.kind === 'intervals' ? items[0].name : undefined;
  if (name === undefined) return undefined;
  const parts: Interval[] = [];
  for (const item of items) {
    if (item.kind !== 'intervals' || item.name !== name) return undefined;
    parts.push(...item.parts);
  }
  return { kind: 'intervals', name, parts };
}

function readUnion(span: Span, deeper: (span: Span) => Value): Value | undefined {
  const minus = topLevel(span, (token) => isMark(token, '∖'));
  if (minus.length === 1) return realsWithout(cutAt(span, minus), deeper);
  const at = topLevel(span, (token) => isMark(token, '∪'));
  if (at.length === 0) return undefined;
  if (at.length >= limits.elements) throw new Unreadable('has too many elements');
  const parts = cutAt(span, at).flatMap((piece) => intervalsOf(deeper(piece)));
  return { kind: 'intervals', name: undefined, parts };
}

/** What a part of a union is: an interval, a finite set, or a union in brackets. @throws Unreadable for anything else. */
function intervalsOf(value: Value): readonly Interval[] {
  if (value.kind === 'intervals') return value.parts;
  if (value.kind === 'set') return value.items.map(pointOf);
  if (value.kind === 'tuple' && value.items.length === 2) {
    const [low, high] = value.items.map(nodeOf);
    return [{ low: low!, high: high!, lowClosed: value.open === '[', highClosed: value.close === ']' }];
  }
  throw new Unreadable('has a union of something that is no interval');
}

function pointOf(value: Value): Interval {
  const node = nodeOf(value);
  return { low: node, high: node, lowClosed: true, highClosed: true };
}

function nodeOf(value: Value) {
  if (value.kind === 'number' || value.kind === 'expression') return value.node;
  throw new Unreadable('has an interval whose end is no number');
}

function realsWithout(pieces: readonly Span[], deeper: (span: Span) => Value): Value {
  const [all, removed] = pieces as [Span, Span];
  const value = deeper(removed);
  if (!isReals(all) || value.kind !== 'set') throw new Unreadable('has a difference of sets that is not read');
  const ends = inOrder(value.items.map(nodeOf), all.budget);
  const parts = [...ends, infinity].map((high, i) => {
    const low = i === 0 ? minusInfinity : (ends[i - 1] as Interval['low']);
    return { low, high, lowClosed: false, highClosed: false };
  });
  return { kind: 'intervals', name: undefined, parts };
}

function inOrder(nodes: readonly Node[], budget: Budget): Node[] {
  const place = new Map(nodes.map((node) => [node, numericValue(node, budget, new Map()).re]));
  return [...nodes].sort((a, b) => (place.get(a) as number) - (place.get(b) as number));
}

function isReals(span: Span): boolean {
  const [first, second, third] = [span.tokens[span.from], span.tokens[span.from + 1], span.tokens[span.from + 2]];
  if (first?.kind !== 'command' || first.text !== 'mathbb') return false;
  return second?.text === 'R' || (isMark(second, '{') && third?.text === 'R');
}

function readNamedSet(span: Span): Value | undefined {
  const first = span.tokens[span.from];
  if (
    span.to - span.from === 1 &&
    first?.kind === 'command' &&
    (first.text === 'emptyset' || first.text === 'varnothing')
  ) {
    return { kind: 'set', items: [] };
  }
  if (!isReals(span) || span.to - span.from > 4) return undefined;
  const part = { low: minusInfinity, high: infinity, lowClosed: false, highClosed: false };
  return { kind: 'intervals', name: undefined, parts: [part] };
}

function readBracketed(span: Span, deeper: (span: Span) => Value): Value | undefined {
  const bracket = wholeBracket(span);
  if (bracket?.kind !== 'mark') return undefined;
  const inner = sub(span, span.from + 1, span.to - 1);
  const at = topLevel(inner, (token) => isMark(token, ',') || isMark(token, ';'));
  if (bracket.text === '\\{') {
    if (isEmpty(inner)) return { kind: 'set', items: [] };
    return readBuilder(inner, deeper) ?? { kind: 'set', items: elements(inner, at, deeper).flatMap(flatten) };
  }
  if (!['(', '[', '⟨'].includes(bracket.text)) return undefined;
  const close = (span.tokens[span.to - 1] as Token).text;
  if (at.length === 0) {
    const matched = (bracket.text === '(' && close === ')') || (bracket.text === '[' && close === ']');
    if (bracket.text !== '⟨' && !matched) throw new Unreadable('has brackets that do not match');
    // A bracket around structure is taken off; around an expression the expression parser reads it.
    const structured = topLevel(inner, (token) => token.kind === 'mark' && '∪=<>≤≥'.includes(token.text)).length > 0;
    return structured ? deeper(inner) : undefined;
  }
  const items = elements(inner, at, deeper);
  const [open, end] = bracket.text === '⟨' ? ['(', ')'] : [bracket.text, close];
  return { kind: 'tuple', open, close: end, items };
}

/** `\{1 \pm \sqrt5, -2\}` has three elements. */
function flatten(value: Value): readonly Value[] {
  return value.kind === 'list' ? value.items : [value];
}

/** `\{x \mid x > 3\}`: the condition. */
function readBuilder(span: Span, deeper: (span: Span) => Value): Value | undefined {
  const bars = topLevel(span, (token) => isMark(token, '|') || isMark(token, ':'));
  if (bars.length !== 1) return undefined;
  const [left, right] = cutAt(span, bars) as [Span, Span];
  const member = topLevel(left, (token) => isMark(token, '∈'))[0];
  const name = nameOf(sub(left, left.from, member ?? left.to));
  if (name === undefined) return undefined;
  const value = deeper(right);
  return value.kind === 'intervals' && value.name === name ? { ...value, name: undefined } : undefined;
}
