/**
 * Digit programs, the world's target family: operation letters before four digits. The rightmost operation is applied first;
 * a careful step removes it and rewrites the digits:  LRS1234 = LR2134 = L4312 = 3124.
 */
import { operationLetters } from './alphabet.js';

export interface Program {
  /** Operation letters; the last one is applied first. */
  readonly operations: string;
  readonly digits: string;
}

export const programDigits = 4;

const operations: Readonly<Record<string, (digits: number[]) => number[]>> = {
  /** Rotate left. */
  L: ([first, ...rest]) => [...rest, first as number],
  /** Reverse. */
  R: (digits) => digits.slice().reverse(),
  /** Swap the first two. */
  S: ([a, b, ...rest]) => [b as number, a as number, ...rest],
  /** Add 1 to each digit, mod 10. */
  I: (digits) => digits.map((digit) => (digit + 1) % 10),
  /** Add the first to the last, mod 10. */
  A: (digits) => [...digits.slice(0, -1), ((digits[0] as number) + (digits.at(-1) as number)) % 10],
  /** Complement to 9. */
  C: (digits) => digits.map((digit) => 9 - digit),
};

/** A question's text as a program, undefined when it is none. A program has at least one operation. */
export function parseProgram(text: string): Program | undefined {
  const count = text.length - programDigits;
  if (count < 1) return undefined;
  const [letters, digits] = [text.slice(0, count), text.slice(count)];
  const wellFormed = [...letters].every((c) => operationLetters.includes(c)) && /^\d+$/.test(digits);
  return wellFormed ? { operations: letters, digits } : undefined;
}

export const writeProgram = ({ operations: letters, digits }: Program): string => letters + digits;

/** Applies the rightmost `count` operations. */
export function advance(program: Program, count = 1): Program {
  let digits = [...program.digits].map(Number);
  for (let i = 1; i <= count; i++) {
    const letter = program.operations.at(-i) as string;
    digits = (operations[letter] as (digits: number[]) => number[])(digits);
  }
  return { operations: program.operations.slice(0, program.operations.length - count), digits: digits.join('') };
}

export const answerOf = (program: Program): string => advance(program, program.operations.length).digits;
