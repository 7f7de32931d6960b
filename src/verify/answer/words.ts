/** Answers in words: choices, number words, and everything else that is no mathematics. */
import { integer } from '../arithmetic/rational.js';
import { limits } from '../budget.js';
import { isDigit, isLetter } from '../latex/lexer.js';
import { plainNames } from '../latex/tokens.js';
import { foldWords } from './plain.js';
import type { ChoiceValue, NumberValue, Value } from './value.js';

const numberWords = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
  'eighteen nineteen twenty'
).split(' ');
/** Short words that would otherwise be products of symbols. */
const shortWords = new Set(
  'yes no odd even true false none red blue all any never both east west gray grey tie'.split(' '),
);

/** What a plain text without mathematics says; undefined when it may be mathematics. `wrapped`: it was in `\text{}`. */
export function readWords(plain: string, wrapped: boolean): Value | undefined {
  const choice = readChoice(plain);
  if (choice) return choice;
  if (hasDigit(plain)) return undefined;
  const number = numberWords.indexOf(foldWords(plain));
  if (number >= 0) return wholeNumber(number);
  if (!isWords(plain, wrapped)) return undefined;
  const parts = splitList(plain);
  if (parts.length > limits.elements) return undefined;
  const items = parts.map((part): Value => readChoice(part) ?? { kind: 'text', words: foldWords(part) });
  return items.length === 1 ? (items[0] as Value) : { kind: 'list', items };
}

/** `A`, `(A)`, `A.`, `(A) 5`: one capital letter, and after a bracketed one whatever names no other choice. */
function readChoice(plain: string): ChoiceValue | undefined {
  const text = plain.trim();
  const bracketed = text[0] === '(' && text[2] === ')';
  const letter = bracketed ? text[1] : text[0];
  if (letter === undefined || letter < 'A' || letter > 'Z') return undefined;
  const rest = text.slice(bracketed ? 3 : 1).trim();
  if (rest === '' || rest === '.' || rest === ')' || rest === ',' || rest === ':') return { kind: 'choice', letter };
  return bracketed && !namesChoice(rest) ? { kind: 'choice', letter } : undefined;
}

/** A lone capital letter, or a separator of alternatives, within what follows a choice. */
function namesChoice(rest: string): boolean {
  return rest
    .split(/[^A-Za-z]/)
    .some((word) => (word.length === 1 && word >= 'A' && word <= 'Z') || word === 'or' || word === 'and');
}

function isWords(plain: string, wrapped: boolean): boolean {
  let runs = 0;
  for (const word of plain.split(/[^A-Za-z]/)) {
    if (word.length < 2) continue;
    if (plainNames.has(word)) return false;
    const capitals = word === word.toUpperCase();
    if (wrapped || word.length >= 4 || capitals || shortWords.has(word.toLowerCase())) return true;
    runs++;
  }
  return runs >= 2 || capitalList(plain);
}

/** `A, B, C`: choices without words between. */
function capitalList(plain: string): boolean {
  const parts = splitList(plain);
  return parts.length > 1 && parts.every((part) => readChoice(part) !== undefined);
}

/** At commas and semicolons, and at "and" and "or" between choices. */
function splitList(plain: string): string[] {
  const parts = plain
    .split(/[,;]/)
    .map((part) => part.trim())
    .map((part) => (part.startsWith('and ') || part.startsWith('or ') ? part.slice(part.indexOf(' ') + 1) : part));
  const all = parts.flatMap((part) => {
    const pieces = part.split(/ (?:and|or) /);
    return pieces.length > 1 && pieces.every((piece) => readChoice(piece)) ? pieces : [part];
  });
  const some = all.filter((part) => foldWords(part) !== '');
  return some.length ? some : [plain];
}

function hasDigit(text: string): boolean {
  for (const c of text) if (isDigit(c)) return true;
  return false;
}

/** A text that mathematics could not be made of, but that has a word in it. */
export function isProse(plain: string): boolean {
  return plain.split(/[^A-Za-z]/).some((word) => word.length >= 3) && [...plain].some(isLetter);
}

function wholeNumber(value: number): NumberValue {
  const exact = integer(value);
  return {
    kind: 'number',
    node: { op: 'number', value: exact, decimal: false },
    exact,
    decimal: undefined,
    percent: false,
    unit: undefined,
  };
}
