import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileStopRule, StopDetector } from './stopping.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** The number of tokens after which a completion ends, or undefined. */
function endOf(tokens: readonly number[], pieces: readonly Uint8Array[], strings: string[], stopTokens: number[] = []) {
  const detector = new StopDetector(compileStopRule({ stopTokens, stopStrings: strings }), pieces);
  const end = tokens.findIndex((token) => detector.push(token));
  return end < 0 ? undefined : end + 1;
}

describe('StopDetector', () => {
  it('stops at stop tokens, with or without stop strings', () => {
    const pieces = ['', 'a', 'b'].map(bytes);
    expect(endOf([1, 2, 0, 1], pieces, [], [0])).toBe(3);
    expect(endOf([1, 2, 0, 1], pieces, ['ba'], [0])).toBe(3);
    expect(endOf([1, 2, 1, 0], pieces, ['ba'], [0])).toBe(3);
    expect(endOf([1, 1], pieces, ['ba'], [0])).toBeUndefined();
  });

  it('finds a string across tokens, inside one, and over a token without text', () => {
    const pieces = ['', 'ab', 'c', 'xabcx'].map(bytes);
    expect(endOf([1, 2], pieces, ['bc'])).toBe(2);
    expect(endOf([2, 3, 1], pieces, ['abc'])).toBe(2);
    expect(endOf([1, 0, 2], pieces, ['abc'])).toBe(3);
  });

  it('finds a character whose bytes come in several tokens', () => {
    const [first, second] = bytes('é');
    const pieces = [Uint8Array.of(first), Uint8Array.of(second), bytes('a')];
    expect(endOf([2, 0, 1], pieces, ['é'])).toBe(3);
    expect(endOf([2, 1, 0], pieces, ['é'])).toBeUndefined();
  });

  it('finds a string whose beginning comes again within it', () => {
    const pieces = ['a', 'b', 'aab'].map(bytes);
    expect(endOf([0, 0, 0, 1], pieces, ['aab'])).toBe(4);
    expect(endOf([2, 2, 0], pieces, ['aabaaba'])).toBe(3);
    expect(endOf([2, 1, 2], pieces, ['aabaab'])).toBeUndefined();
  });

  it('takes a token that the tokenizer does not know as one without text', () => {
    expect(endOf([1, 7, 0], ['b', 'a'].map(bytes), ['ab'])).toBe(3);
  });

  it('stops exactly where the text first contains a string', () => {
    const pieces = ['', 'a', 'b', 'ab', 'ba', 'aab'];
    const tokens = fc.array(fc.nat(pieces.length - 1), { maxLength: 30 });
    const strings = fc.array(fc.stringMatching(/^[ab]{1,5}$/), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(tokens, strings, (ids, stops) => {
        const text = (count: number) => ids.slice(0, count).reduce((sum, id) => sum + pieces[id], '');
        const expected = ids.map((_, i) => i + 1).find((count) => stops.some((stop) => text(count).includes(stop)));
        expect(endOf(ids, pieces.map(bytes), stops)).toBe(expected);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
