/** Which bracket closes which. `(3,5]` is one pair: round and square brackets may close each other, as intervals do. */
import { Unreadable } from '../budget.js';
import type { Token } from './tokens.js';

const closers = new Map([
  ['(', ')]'],
  ['[', ')]'],
  ['{', '}'],
  ['\\{', '\\}'],
  ['⟨', '⟩'],
  ['⌊', '⌋'],
  ['⌈', '⌉'],
]);
const allClosers = new Set([')', ']', '}', '\\}', '⟩', '⌋', '⌉']);

/** For every bracket the index of its partner, -1 for other tokens. @throws Unreadable when one has none. */
export function matchBrackets(tokens: readonly Token[]): Int32Array {
  const partner = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  tokens.forEach((token, i) => {
    if (token.kind === 'begin' || (token.kind === 'mark' && closers.has(token.text))) open.push(i);
    else if (token.kind === 'end' || (token.kind === 'mark' && allClosers.has(token.text))) {
      const at = open.pop();
      const opener = at === undefined ? undefined : (tokens[at] as Token);
      const fits =
        opener &&
        (token.kind === 'end'
          ? opener.kind === 'begin' && opener.text === token.text
          : opener.kind === 'mark' && closerFits(closers.get(opener.text) as string, token.text));
      if (!fits) throw new Unreadable('has brackets that do not match');
      partner[at as number] = i;
      partner[i] = at as number;
    }
  });
  if (open.length) throw new Unreadable('has a bracket that is not closed');
  return partner;
}

function closerFits(accepted: string, closer: string): boolean {
  return accepted === ')]' ? closer === ')' || closer === ']' : accepted === closer;
}
