/** The words of an answer that has nothing else: `\text{two lines}`, `4:30 p.m.`, `(A)`. */
import { isDigit, isLetter } from '../latex/lexer.js';
import { faceCommands, textCommands } from '../latex/tokens.js';

const silent = new Set(['boxed', 'quad', 'left', 'right']);
const kept = new Set(' .,;:!?\'"-()/&');

/** The answer without its wrappers, single blanks between its words; undefined when it has anything that words have not. */
export function plainText(source: string): string | undefined {
  let out = '';
  for (let i = 0; i < source.length; ) {
    const c = source[i] as string;
    if (isLetter(c) || isDigit(c) || kept.has(c)) {
      out += c;
      i++;
    } else if (c === '\n' || c === '\t' || c === '\r' || c === '~') {
      out += ' ';
      i++;
    } else if (c === '{' || c === '}' || c === '$') i++;
    else if (c === '\\') {
      const next = source[i + 1];
      if (next === '!') i += 2;
      else if (next !== undefined && ',;: ()[]'.includes(next)) {
        out += ' ';
        i += 2;
      } else {
        let end = i + 1;
        while (isLetter(source[end])) end++;
        const name = source.slice(i + 1, end);
        if (!textCommands.has(name) && !faceCommands.has(name) && !silent.has(name)) return undefined;
        i = end;
      }
    } else return undefined;
  }
  return singleBlanks(out);
}

function singleBlanks(text: string): string {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .join(' ');
}

/** Words as they are compared: lower case, runs of letters and digits with single blanks between. */
export function foldWords(plain: string): string {
  let out = '';
  let blank = false;
  for (const c of plain.toLowerCase()) {
    if (isLetter(c) || isDigit(c)) {
      out += blank && out ? ` ${c}` : c;
      blank = false;
    } else if (c !== "'" && c !== '.') blank = true;
  }
  return out;
}
