/** Small changes of a gold that make it another answer: none may be accepted. Made from the text, without the parser under test. */
import type { Value } from '../answer/value.js';

export interface Mutation {
  readonly how: 'digit' | 'sign' | 'bracket' | 'dropped' | 'added';
  readonly answer: string;
}

/** Wrong answers that look like the gold. */
export function mutations(gold: string, kind: Value['kind']): Mutation[] {
  const text = gold.trim().replaceAll('$', (sign, at: number, all: string) => (all[at - 1] === '\\' ? sign : ''));
  const out: Mutation[] = [];
  for (const at of digits(text)) {
    const digit = String((Number(text[at]) + 1) % 10);
    out.push({ how: 'digit', answer: text.slice(0, at) + digit + text.slice(at + 1) });
  }
  if (hasSign(kind) && /[1-9]/.test(text)) {
    out.push({ how: 'sign', answer: text.startsWith('-') ? text.slice(1) : `-${text}` });
  }
  if ((kind === 'tuple' || kind === 'intervals') && /^(\\left)?[([]/.test(text)) {
    const at = text.search(/[([]/);
    out.push({ how: 'bracket', answer: text.slice(0, at) + (text[at] === '(' ? '[' : '(') + text.slice(at + 1) });
  }
  out.push(...elements(text, kind));
  return out.filter(({ answer }) => answer !== text);
}

/** Kinds whose negative is another answer. */
function hasSign(kind: Value['kind']): boolean {
  return kind === 'number' || kind === 'based';
}

/** First and last digit that are no part of a name: subscripts and the words of a text are left alone. */
function digits(text: string): number[] {
  const at: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '_') i = text[i + 1] === '{' ? text.indexOf('}', i) : i + 1;
    else if (/\d/.test(text[i] as string)) at.push(i);
    if (i < 0) break;
  }
  return at.length > 1 ? [at[0] as number, at.at(-1) as number] : at;
}

function elements(text: string, kind: Value['kind']): Mutation[] {
  if (kind !== 'list' && kind !== 'tuple' && kind !== 'set') return [];
  const bracketed = kind !== 'list' || /^(\\left)?\\?[([{].*[)\]}]$/.test(text);
  const commas = topCommas(text, bracketed ? 1 : 0);
  const last = commas.at(-1);
  if (last === undefined) return [];
  const end = bracketed ? closing(text) : text.length;
  return [
    { how: 'dropped', answer: text.slice(0, last) + text.slice(end) },
    { how: 'added', answer: `${text.slice(0, end)}, 97${text.slice(end)}` },
  ];
}

/** Commas that are open in `depth` brackets. */
function topCommas(text: string, depth: number): number[] {
  const at: number[] = [];
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if ('([{'.includes(c)) open++;
    else if (')]}'.includes(c)) open--;
    else if (c === ',' && open === depth) at.push(i);
  }
  return at;
}

/** Where the last bracket closes, its `\right` or backslash included. */
function closing(text: string): number {
  const at = Math.max(text.lastIndexOf(')'), text.lastIndexOf(']'), text.lastIndexOf('}'));
  const before = text.slice(0, at);
  if (before.endsWith('\\right')) return at - '\\right'.length;
  return before.endsWith('\\') ? at - 1 : at;
}
