/**
 * `15,600` is a number and also a list of two. Groups of three after a plain comma are a number inside braces (`\frac{12}{5,525}`),
 * elements inside brackets (`(20,100)`), and either at the top unless a group starts with a nought.
 */
import { isMark } from '../latex/span.js';
import type { Token } from '../latex/tokens.js';

/** The readings, the number first; one when nothing is open to doubt. Linear. */
export function thousandsReadings(tokens: readonly Token[]): (readonly Token[])[] {
  const merged: Token[] = [];
  const split: Token[] = [];
  const open: string[] = [];
  let doubt = false;
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i] as Token;
    const enclosing = open.at(-1);
    const length = enclosing === undefined || enclosing === '{' || enclosing === 'begin' ? runLength(tokens, i) : 1;
    if (length > 1) {
      const run = tokens.slice(i, i + length);
      const number: Token = {
        ...token,
        text: run
          .filter((part) => part.kind === 'number')
          .map((part) => part.text)
          .join(''),
      };
      merged.push(number);
      // Nobody writes the list 1,000 of one and nought.
      if (
        enclosing === undefined &&
        run.some((part) => isMark(part, ',')) &&
        !run.some((part, k) => k > 0 && part.text.startsWith('0'))
      ) {
        doubt = true;
        split.push(...run);
      } else split.push(number);
      i += length;
      continue;
    }
    if (token.kind === 'begin') open.push('begin');
    else if (token.kind === 'mark' && ['(', '[', '{', '\\{', '⟨'].includes(token.text)) open.push(token.text);
    else if (token.kind === 'end' || (token.kind === 'mark' && [')', ']', '}', '\\}', '⟩'].includes(token.text)))
      open.pop();
    merged.push(token);
    split.push(token);
    i++;
  }
  return doubt ? [merged, split] : [merged];
}

/** Tokens of `1 234 567` that start at i; `3 125/1000` is a mixed number. */
function blankGroups(tokens: readonly Token[], i: number): number {
  let length = 1;
  for (;;) {
    const group = tokens[i + length];
    if (group?.kind !== 'number' || !group.space || (group.text.split('.')[0] as string).length !== 3) break;
    length++;
    if (group.text.includes('.')) break;
  }
  const next = tokens[i + length];
  return isMark(next, '/') || next?.kind === 'number' ? 1 : length;
}

/** Tokens of `1,234,567` that start at i; 1 when the run is no number in groups of three. */
function runLength(tokens: readonly Token[], i: number): number {
  const first = tokens[i] as Token;
  if (first.kind !== 'number' || first.text.length > 3 || first.text.includes('.')) return 1;
  // 54,108 within 27,54,108 starts no number.
  if (isMark(tokens[i - 1], ',') && tokens[i - 2]?.kind === 'number') return 1;
  const blanks = blankGroups(tokens, i);
  if (blanks > 1) return blanks;
  let length = 1;
  let last = false;
  while (isMark(tokens[i + length], ',')) {
    const group = tokens[i + length + 1];
    if (group?.kind !== 'number' || group.space || tokens[i + length]?.space || last) return 1;
    const digits = group.text.split('.')[0] as string;
    if (digits.length !== 3) return 1;
    last = group.text.includes('.');
    length += 2;
  }
  return length;
}
