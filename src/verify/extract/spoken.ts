/**
 * The final answer of a text that boxes nothing: what follows "the answer is", else the last formula, else the last number. For
 * evaluation only; a reward asks for the box. Looks at the end of the text, a bounded stretch.
 */
import { isDigit } from '../latex/lexer.js';

const stretch = 4_000;
const phrases = ['final answer is', 'answer is', 'final answer:', 'answer:', '####'];

export function spokenAnswer(text: string): string | undefined {
  const end = text.slice(-stretch);
  return afterPhrase(end) ?? wholeAnswer(text) ?? (lastFormula(end) ?? lastNumber(end))?.content;
}

/** A short line without prose is the answer itself. */
function wholeAnswer(text: string): string | undefined {
  const line = text.trim().replace(/^answer\b[:\s]*/i, '');
  if (line === '' || line.length > 300 || line.includes('\n')) return undefined;
  let words = 0;
  let run = 0;
  let command = false;
  for (let i = 0; i <= line.length; i++) {
    const c = line[i];
    const letter = c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    if (letter) run++;
    else {
      if (run >= 2 && !command) words++;
      run = 0;
      command = c === '\\';
    }
  }
  return words <= 2 ? line : undefined;
}

function afterPhrase(end: string): string | undefined {
  const folded = end.toLowerCase();
  let best = -1;
  let length = 0;
  for (const phrase of phrases) {
    const at = folded.lastIndexOf(phrase);
    if (at > best || (at === best && phrase.length > length)) {
      best = at;
      length = phrase.length;
    }
  }
  if (best < 0) return undefined;
  const sentence = withoutPeriod(firstLine(end.slice(best + length)));
  return wholeAnswer(sentence) ?? lastOf(lastFormula(sentence), lastNumber(sentence));
}

/** Something found in a text, and where it ends. */
interface Found {
  readonly content: string;
  readonly end: number;
}

function lastOf(a: Found | undefined, b: Found | undefined): string | undefined {
  return a && b ? (b.end > a.end ? b : a).content : (a ?? b)?.content;
}

function firstLine(text: string): string {
  const from = text.replace(/^[\s:*]+/, '');
  const newline = from.indexOf('\n');
  return (newline < 0 ? from : from.slice(0, newline)).replaceAll('**', '').trim();
}

/** Up to the first period that ends a sentence. */
function withoutPeriod(line: string): string {
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '.' && (line[i + 1] === undefined || line[i + 1] === ' ') && !isMarkOfTime(line, i))
      return line.slice(0, i).trim();
  }
  return line;
}

/** The periods of "p.m.". */
function isMarkOfTime(line: string, i: number): boolean {
  const before = line.slice(Math.max(0, i - 3), i).toLowerCase();
  return before.endsWith('p.m') || before.endsWith('a.m');
}

const delimiters: readonly (readonly [string, string])[] = [
  ['$$', '$$'],
  ['$', '$'],
  ['\\(', '\\)'],
  ['\\[', '\\]'],
];

function lastFormula(end: string): Found | undefined {
  let best: Found | undefined;
  for (const [open, close] of delimiters) {
    const to = end.lastIndexOf(close);
    const from = to <= 0 ? -1 : end.lastIndexOf(open, to - 1 - (open === '$$' ? 1 : 0));
    if (from < 0 || (best && to + close.length <= best.end)) continue;
    const content = end.slice(from + open.length, to).trim();
    if (content !== '') best = { end: to + close.length, content };
  }
  return best;
}

function lastNumber(end: string): Found | undefined {
  let to = end.length;
  while (to > 0 && !isDigit(end[to - 1])) to--;
  if (to === 0) return undefined;
  let from = to;
  while (
    from > 0 &&
    (isDigit(end[from - 1]) || ((end[from - 1] === '.' || end[from - 1] === ',') && isDigit(end[from - 2])))
  )
    from--;
  if (end[from - 1] === '/' && isDigit(end[from - 2])) {
    from--;
    while (from > 0 && isDigit(end[from - 1])) from--;
  }
  const negative = end[from - 1] === '-' && !isDigit(end[from - 2]);
  const percent = end[to] === '%' || end.startsWith('\\%', to);
  return { content: `${negative ? '-' : ''}${end.slice(from, to)}${percent ? '\\%' : ''}`, end: to };
}
