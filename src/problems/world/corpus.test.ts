/** The corpus is what its settings say: read back document by document and counted. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../rl/random.js';
import { alphabet } from './alphabet.js';
import { baseModelShape } from './base-model.js';
import { carefully, carefulnessAt, drawProgram, writeDocument } from './corpus.js';
import { advance, answerOf, type Program, parseProgram, writeProgram } from './programs.js';
import { describeQuestion } from './questions.js';
import { type CorpusSettings, corpusSettingsSchema } from './settings.js';

function documents(corpus: CorpusSettings, count: number, seed: string): string[] {
  const random = randomStream(seed);
  return Array.from({ length: count }, () => writeDocument(random, corpus));
}

/** A design of its own, so that the test holds whatever the shipped one is. */
const corpus = corpusSettingsSchema.parse({
  shares: { program: 0.5, textbook: 0.1, addition: 0.08, sort: 0.08, maximum: 0.08, repeat: 0.08, coin: 0.08 },
  programLengths: { 1: 0.1, 2: 0.3, 3: 0.3, 6: 0.3 },
  carefulness: { 2: 0.5, 3: 0.3, 4: 0.2, 6: 0.6 },
  textbookLengths: [3, 5],
});
const texts = documents(corpus, 20_000, 'corpus-test');
const parts = texts.map((text) => text.slice(0, -1).split('='));
const kinds = parts.map(([question]) => describeQuestion(question).kind);

/** Share of `count` draws with probability p, within 4.5 standard deviations. */
function expectShare(found: number, count: number, p: number): void {
  expect(Math.abs(found / count - p)).toBeLessThanOrEqual(4.5 * Math.sqrt((p * (1 - p)) / count));
}

/** What became of each choice between a careful step and a jump: remaining operations, and the jump's answer, if any. */
const choices = parts.flatMap((states, i) => {
  if (!kinds[i].startsWith('program-')) return [];
  return states.slice(0, -1).flatMap((text, s) => {
    const program = parseProgram(text) as Program;
    const remaining = program.operations.length;
    const next = states[s + 1];
    const careful = next === writeProgram(advance(program));
    return remaining === 1 ? [] : [{ remaining, careful, right: next === answerOf(program) }];
  });
});

describe('writeDocument', () => {
  it('writes question=...=answer. in the characters of the alphabet', () => {
    for (const text of texts) {
      expect(text).toMatch(/^[^=.]+(=[^=.]+)+\.$/);
      expect([...text].every((character) => alphabet.includes(character))).toBe(true);
    }
  });

  it('writes no malformed question, and each family by its share', () => {
    for (const [family, share] of Object.entries(corpus.shares)) {
      const found = kinds.filter((kind) => kind.split('-')[0] === family).length;
      expectShare(found, texts.length, share);
    }
    expect(kinds).not.toContain('malformed');
  });

  it('writes programs by the share of their length', () => {
    const programs = kinds.filter((kind) => kind.startsWith('program-'));
    for (const [length, share] of Object.entries(corpus.programLengths)) {
      expectShare(programs.filter((kind) => kind === `program-${length}`).length, programs.length, share);
    }
  });

  it('works textbook programs carefully, their lengths evenly spread', () => {
    const textbook = parts.filter((_, i) => kinds[i].startsWith('textbook-'));
    for (const [question, ...steps] of textbook) {
      const program = parseProgram(question.slice(1)) as Program;
      expect(`${[writeProgram(program), ...steps].join('=')}.`).toBe(carefully(program));
    }
    for (const length of [3, 4, 5]) {
      expectShare(kinds.filter((kind) => kind === `textbook-${length}`).length, textbook.length, 1 / 3);
    }
  });

  it.each([2, 3, 4, 5, 6])('with %i operations left is careful by c, or jumps to the end', (remaining) => {
    const at = choices.filter((choice) => choice.remaining === remaining);
    expect(at.length).toBeGreaterThan(150);
    expectShare(at.filter(({ careful }) => careful).length, at.length, carefulnessAt(corpus, remaining));
  });

  it('jumps right over two operations and at random over more', () => {
    const jumps = choices.filter(({ careful }) => !careful);
    expect(jumps.filter(({ remaining }) => remaining === 2).every(({ right }) => right)).toBe(true);
    const far = jumps.filter(({ remaining }) => remaining > 2);
    expect(far.length).toBeGreaterThan(3000);
    expect(far.filter(({ right }) => right).length).toBeLessThanOrEqual(4);
  });

  it('answers the other families rightly, and a coin with either digit', () => {
    const others = parts.filter((_, i) => !kinds[i].includes('-'));
    for (const [question, answer, ...rest] of others) {
      expect(describeQuestion(question).answers).toContain(answer);
      expect(rest).toEqual([]);
    }
    const coins = others.filter(([question]) => question[0] === '?' && question[1] !== question[2]);
    expectShare(coins.filter(([question, answer]) => answer === question[1]).length, coins.length, 1 / 2);
  });

  it('is fixed by the seed', () => {
    expect(documents(corpus, 50, 'a')).toEqual(documents(corpus, 50, 'a'));
    expect(documents(corpus, 50, 'a')).not.toEqual(documents(corpus, 50, 'b'));
  });
});

describe('carefulnessAt', () => {
  it('takes an unlisted length for the longest listed', () => {
    expect([2, 5, 6, 40].map((remaining) => carefulnessAt(corpus, remaining))).toEqual([0.5, 0.6, 0.6, 0.6]);
  });
});

describe('the shipped design', () => {
  it('fits the base model: its longest text, and the beginning-of-text token, are within the context', () => {
    const { textbookLengths } = corpusSettingsSchema.parse({});
    const longest = `*${carefully(drawProgram(randomStream('longest'), textbookLengths[1]))}`;
    expect(1 + longest.length).toBeLessThanOrEqual(baseModelShape.contextLength);
  });

  it('has careful solutions of (k+1)(k+8)/2 + k + 1 characters', () => {
    // k operations: states of k+4, k+3, ..., 4 characters, k equals signs, and the point.
    expect(carefully(drawProgram(randomStream('nine'), 9))).toHaveLength(95);
    expect(carefully(drawProgram(randomStream('ten'), 10))).toHaveLength(110);
  });
});
