/** Values without commas, relations or unions: numbers with their units, expressions, numerals of another base, ratios, matrices. */
import { integer } from '../arithmetic/rational.js';
import { Unreadable } from '../budget.js';
import { exactValue } from '../expression/exact.js';
import { hasMatrix, reduceMatrices } from '../expression/matrix-algebra.js';
import { expandSigns, type Node, some, symbolsOf } from '../expression/node.js';
import { parseExpression } from '../expression/parser.js';
import { cutAt, isEmpty, isMark, type Span, sub, topLevel, withoutGrouping } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';
import { degrees, dollars, isUnitWord, readUnit, type UnitPhrase } from './units.js';
import type { NumberValue, RatioValue, Unit, Value } from './value.js';

/** @throws Unreadable when the span is none of these. */
export function readLeaf(span: Span): Value {
  if (isEmpty(span)) throw new Unreadable('is empty');
  return readBased(span) ?? readRatio(span) ?? readQuantity(span);
}

function readQuantity(whole: Span): Value {
  let span = whole;
  let unit: Unit | undefined;
  let percent = false;
  let times = 1;
  const start = withoutSign(span);
  if (isMarkIn(span.tokens[start.from], ['$', '€', '£'])) {
    unit = isMark(span.tokens[start.from], '$') ? dollars : (readUnit('euro') as UnitPhrase).unit;
    span = dropToken(span, start.from);
  }
  const tail = unitTail(span);
  if (tail !== undefined) {
    const phrase = readUnit(unitWords(sub(span, tail, span.to)));
    if (!phrase) throw new Unreadable('has words that are no unit');
    unit ??= phrase.unit;
    percent = phrase.percent;
    times = phrase.times;
    span = sub(span, span.from, tail);
  }
  if (isMark(span.tokens[span.to - 1], '%')) {
    percent = true;
    span = sub(span, span.from, span.to - 1);
  }
  if (isEmpty(span)) throw new Unreadable('has a unit and no value');
  let node = parseExpression(withoutGrouping(span));
  if (times !== 1) node = { op: 'product', factors: [{ op: 'number', value: integer(times), decimal: false }, node] };
  const values = expandSigns(node).map((one) => typed(one, span, unit, percent));
  return values.length === 1 ? (values[0] as Value) : { kind: 'list', items: values };
}

function typed(tree: Node, span: Span, unit: Unit | undefined, percent: boolean): Value {
  const node = reduceMatrices(tree, span.budget);
  if (node.op === 'matrix') return { kind: 'matrix', rows: node.rows };
  if (hasMatrix(node)) throw new Unreadable('has a matrix where a number should be');
  const symbols = symbolsOf(node);
  if (symbols.length) {
    const hundred: Node = { op: 'number', value: integer(100), decimal: false };
    return { kind: 'expression', node: percent ? { op: 'quotient', over: node, under: hundred } : node, symbols };
  }
  return {
    kind: 'number',
    node,
    exact: exactValue(node, span.budget),
    decimal: decimalOf(span),
    percent,
    unit: unit ?? (inDegrees(node) ? degrees : undefined),
  };
}

/** Degrees that are a unit: outside every function. */
function inDegrees(node: Node): boolean {
  if (node.op === 'degrees') return true;
  return node.op !== 'call' && some(node, (n) => n.op === 'degrees') && !some(node, (n) => n.op === 'call');
}

function decimalOf(span: Span): NumberValue['decimal'] {
  const { from, to } = withoutSign(span);
  const token = span.tokens[from];
  if (to - from !== 1 || token?.kind !== 'number' || !token.text.includes('.') || token.text.includes('('))
    return undefined;
  const [whole = '', places = ''] = token.text.split('.');
  return { places: places.length, significant: (whole + places).replace(/^0+/, '').length };
}

function withoutSign(span: Span): Span {
  return isMarkIn(span.tokens[span.from], ['-', '+']) && span.to - span.from > 1
    ? sub(span, span.from + 1, span.to)
    : span;
}

function isMarkIn(token: Token | undefined, list: readonly string[]): boolean {
  return token !== undefined && token.kind === 'mark' && list.includes(token.text);
}

/** The span without one token; only before the sign or at the start, so that brackets keep their partners. */
function dropToken(span: Span, index: number): Span {
  if (index === span.from) return sub(span, span.from + 1, span.to);
  // -$5: the sign and the rest become a span of their own.
  const tokens = span.tokens.slice(span.from, span.to).filter((_, i) => i !== index - span.from);
  const partner = new Int32Array(tokens.length).fill(-1);
  for (let i = span.from; i < span.to; i++) {
    const to = span.partner[i] as number;
    if (to >= 0 && i > index) partner[i - span.from - 1] = to - span.from - 1;
  }
  return { tokens, partner, budget: span.budget, from: 0, to: tokens.length };
}

/** Where a trailing unit begins; undefined without one. */
function unitTail(span: Span): number | undefined {
  const first = topLevel(span, (token, i) => i > span.from && isUnitToken(token))[0];
  if (first === undefined) return undefined;
  for (let i = first; i < span.to; i++) {
    const token = span.tokens[i] as Token;
    if (isUnitToken(token) || isMarkIn(token, ['/', '*', '.', '%'])) continue;
    if (token.kind === 'letters' && token.text.length === 1 && isMark(span.tokens[i - 1], '/')) continue;
    if (isMark(token, '^') && exponentAfter(span, i)) i += exponentAfter(span, i);
    else return undefined;
  }
  return first;
}

function isUnitToken(token: Token): boolean {
  return token.kind === 'text' || (token.kind === 'letters' && isUnitWord(token.text, token.space));
}

/** Tokens of a whole-number exponent after the `^` at i; 0 when it is none. */
function exponentAfter(span: Span, i: number): number {
  if (span.tokens[i + 1]?.kind === 'number') return 1;
  const close = span.partner[i + 1] as number;
  return isMark(span.tokens[i + 1], '{') && close === i + 3 && span.tokens[i + 2]?.kind === 'number' ? 3 : 0;
}

function unitWords(span: Span): string {
  let words = '';
  for (let i = span.from; i < span.to; i++) {
    const token = span.tokens[i] as Token;
    if (isMarkIn(token, ['{', '}', '.'])) continue;
    if (isMark(token, '^')) words = `${words.trimEnd()}^`;
    else if (isMark(token, '%')) words += ' percent ';
    else words += words.endsWith('^') ? `${token.text} ` : ` ${token.text} `;
  }
  return words.replaceAll(' ^', '^');
}

/** `1010_2`, `152A_{11}`, `\text{A5}_{11}`. */
function readBased(span: Span): Value | undefined {
  const body = withoutSign(span);
  const mark = topLevel(body, (token) => isMark(token, '_'))[0];
  if (mark === undefined || mark === body.from) return undefined;
  let digits = '';
  for (let i = body.from; i < mark; i++) {
    const token = body.tokens[i] as Token;
    if (isMarkIn(token, ['(', ')', '{', '}'])) continue;
    if (token.kind !== 'number' && token.kind !== 'letters' && token.kind !== 'text') return undefined;
    digits += token.text;
  }
  const rest = withoutGrouping(sub(body, mark + 1, body.to));
  const written = rest.tokens[rest.from];
  if (rest.to - rest.from !== 1 || !written || !/^[0-9A-Z]+(\.[0-9A-Z]+)?$/.test(digits) || !/\d/.test(digits))
    return undefined;
  const base = baseOf(written);
  if (base === undefined) return undefined;
  for (const digit of digits)
    if (digit !== '.' && Number.parseInt(digit, 36) >= base) throw new Unreadable('has a digit that its base lacks');
  return { kind: 'based', negative: body !== span, digits: digits.replace(/^0+(?=[^.])/, ''), base };
}

const baseWords = new Map([
  ['two', 2],
  ['ten', 10],
  ['eight', 8],
  ['sixteen', 16],
]);

function baseOf(token: Token): number | undefined {
  const base = token.kind === 'number' ? Number(token.text) : (baseWords.get(token.text.toLowerCase()) ?? Number.NaN);
  return Number.isInteger(base) && base >= 2 && base <= 36 ? base : undefined;
}

/** `3:5`, `1:2:3`; two digits after the colon may be minutes. */
function readRatio(span: Span): RatioValue | undefined {
  const colons = topLevel(span, (token) => isMark(token, ':'));
  if (colons.length === 0) return undefined;
  const pieces = cutAt(span, colons);
  if (pieces.length > 4) throw new Unreadable('has too many colons');
  const parts = pieces.map((piece) => parseExpression(withoutGrouping(piece)));
  if (parts.some((part) => symbolsOf(part).length > 0)) return { kind: 'ratio', parts, clock: false };
  const numerals = pieces.map((piece) => (piece.to - piece.from === 1 ? piece.tokens[piece.from] : undefined));
  const clock =
    pieces.length <= 3 &&
    numerals.every(
      (token, i) => token?.kind === 'number' && (i === 0 ? Number(token.text) < 24 : isMinutes(token.text)),
    );
  return { kind: 'ratio', parts, clock };
}

function isMinutes(text: string): boolean {
  return text.length === 2 && Number(text) < 60;
}
