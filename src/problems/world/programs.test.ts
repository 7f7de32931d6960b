/** The operations by hand, and the solver against a second one that works on strings from the other end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationLetters } from './alphabet.js';
import { advance, answerOf, parseProgram, writeProgram } from './programs.js';

const run = { seed: 20, numRuns: 300 };
const programs = (minLength = 1, maxLength = 12) =>
  fc.record({
    operations: fc.string({ unit: fc.constantFrom(...operationLetters), minLength, maxLength }),
    digits: fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 4, maxLength: 4 }),
  });
const apply = (operations: string, digits: string) => answerOf({ operations, digits });

/** f(first, rest) = first(f(rest)): substrings and tables instead of digit arrays and a loop from the right. */
function slowAnswer(operations: string, digits: string): string {
  if (operations === '') return digits;
  const d = slowAnswer(operations.slice(1), digits);
  switch (operations[0]) {
    case 'L':
      return d.slice(1) + d[0];
    case 'R':
      return d[3] + d[2] + d[1] + d[0];
    case 'S':
      return d[1] + d[0] + d.slice(2);
    case 'I':
      return d.replace(/./g, (c) => '1234567890'['0123456789'.indexOf(c)]);
    case 'A':
      return d.slice(0, 3) + String(Number(d[0]) + Number(d[3])).slice(-1);
    case 'C':
      return String(9999 - Number(d)).padStart(4, '0');
    default:
      throw new Error(operations);
  }
}

describe('operations', () => {
  it.each([
    ['L', '1234', '2341'],
    ['R', '1234', '4321'],
    ['S', '1234', '2134'],
    ['I', '1234', '2345'],
    ['I', '9909', '0010'],
    ['A', '1234', '1235'],
    ['A', '9876', '9875'],
    ['C', '1234', '8765'],
    ['LRS', '1234', '3124'],
  ])('%s%s = %s', (letters, digits, answer) => {
    expect(apply(letters, digits)).toBe(answer);
  });

  it('agree with the second solver on any program', () => {
    fc.assert(
      fc.property(programs(), ({ operations, digits }) => apply(operations, digits) === slowAnswer(operations, digits)),
      run,
    );
  });

  it.each([
    ['L', 4],
    ['R', 2],
    ['S', 2],
    ['I', 10],
    ['C', 2],
    ['A', 10],
  ])('%s repeated %i times changes nothing', (letter, times) => {
    fc.assert(
      fc.property(programs(), ({ digits }) => apply(letter.repeat(times), digits) === digits),
      run,
    );
  });
});

describe('advance', () => {
  it('removes the rightmost operation and rewrites the digits', () => {
    expect(writeProgram(advance({ operations: 'LRS', digits: '1234' }))).toBe('LR2134');
    expect(writeProgram(advance({ operations: 'LRS', digits: '1234' }, 2))).toBe('L4312');
  });

  it('by several is as often by one, and never changes the answer', () => {
    fc.assert(
      fc.property(programs(2), fc.nat(), (program, n) => {
        const count = n % (program.operations.length + 1);
        let step = program;
        for (let i = 0; i < count; i++) step = advance(step);
        expect(advance(program, count)).toEqual(step);
        expect(answerOf(step)).toBe(answerOf(program));
      }),
      run,
    );
  });
});

describe('parseProgram', () => {
  it('reads what writeProgram writes', () => {
    fc.assert(
      fc.property(programs(), (program) => {
        expect(parseProgram(writeProgram(program))).toEqual(program);
      }),
      run,
    );
  });

  it.each(['', '1234', 'L123', 'L12345', 'X1234', 'L12a4', '1L2345', 'LR', 'L123²'])(
    'finds no program in "%s"',
    (text) => {
      expect(parseProgram(text)).toBeUndefined();
    },
  );
});
