import { describe, expect, it } from 'vitest';
import { characterTokenizer, tokenizerFrom } from '../../checkpoints/tokenizer-file.js';
import { alphabet, beginningOfText } from './alphabet.js';
import { programsDomain as domain } from './domain.js';

describe('parseProposal', () => {
  it.each([
    ['LRS1234=LR2134=L4312=3124.', 'LRS1234', '3124'],
    ['LRS1234=9999.', 'LRS1234', '9999'],
    ['7+8=15.', '7+8', '15'],
    ['?37=3.', '?37', '3'],
    ['nonsense is a question of some kind=1.', 'nonsense is a question of some kind', '1'],
  ])('takes question and last answer of %s, right or wrong', (text, question, answer) => {
    expect(domain.parseProposal(text, true)).toEqual({ accepted: true, question, answer });
  });

  it.each([
    ['LRS1234=LR2134', false, 'unfinished'],
    ['=15.', true, 'no-question'],
    ['.', true, 'no-question'],
    ['', true, 'no-question'],
    ['7+8.', true, 'no-question'],
    ['7+8', true, 'no-answer'],
    ['7+8=15', true, 'no-answer'],
    ['7+8=.', true, 'unreadable-answer'],
    ['LRS1234=LR2134.', true, 'unreadable-answer'],
  ])('drops "%s" (finished: %s): %s', (text, finished, reason) => {
    expect(domain.parseProposal(text, finished)).toEqual({ accepted: false, reason });
  });
});

describe('proposals in two turns', () => {
  const { turns } = domain;
  it.each([
    ['LRS1234=', 'LRS1234'],
    ['7+8.', '7+8'],
    ['.', ''],
    ['=', ''],
    ['no end', 'no end'],
  ])('the first turn "%s" asks "%s"', (text, question) => expect(turns.question(text)).toBe(question));
  it('the second is asked as a student is, and answers in its form', () => {
    expect(turns.answerPrompt('7+8')).toBe('7+8=');
    expect(turns.parseAnswer('LR2134=L4312=3124.', true)).toEqual({ answer: '3124' });
    expect(turns.parseAnswer('LR2134.', true)).toEqual({ answer: 'LR2134' });
    expect(turns.parseAnswer('.', true)).toEqual({ reason: 'no-answer' });
    expect(turns.parseAnswer('LR21', false)).toEqual({ reason: 'unfinished' });
  });
});

describe('grade', () => {
  const grade = async (gold: string, completion: string) => (await domain.grade([{ gold, completion }]))[0];

  it.each([
    ['3124', 'LR2134=L4312=3124.', { answered: true, correct: true, containsGold: true }],
    ['3124', '3124.', { answered: true, correct: true, containsGold: true }],
    ['3124', 'LR2134=L4312=3125.', { answered: true, correct: false, containsGold: false }],
    ['3124', '3124=3125.', { answered: true, correct: false, containsGold: false }],
    ['5', '15.', { answered: true, correct: false, containsGold: true }],
    ['15', '5.', { answered: true, correct: false, containsGold: false }],
    ['015', '15.', { answered: true, correct: false, containsGold: false }],
    ['3124', '.', { answered: true, correct: false, containsGold: false }],
    ['3124', 'LR2134=3124', { answered: false, correct: false, containsGold: false }],
    ['3124', '', { answered: false, correct: false, containsGold: false }],
  ])('gold %s, completion "%s"', async (gold, completion, expected) => {
    expect(await grade(gold, completion)).toEqual(expected);
  });

  it('keeps the order', async () => {
    const grades = await domain.grade([
      { gold: '1', completion: '2.' },
      { gold: '1', completion: '1.' },
    ]);
    expect(grades.map(({ correct }) => correct)).toEqual([false, true]);
  });
});

describe('assess', () => {
  it.each([
    ['LRS1234', '3124', { wellPosed: true, correct: true, error: null }],
    ['LRS1234', '3125', { wellPosed: true, correct: false, error: 'wrong-answer' }],
    ['?37', '3', { wellPosed: false, correct: true, error: 'ambiguous' }],
    ['?33', '3', { wellPosed: true, correct: true, error: null }],
    ['nonsense', '3', { wellPosed: false, correct: false, error: 'malformed' }],
  ])('%s = %s', (question, answer, expected) => expect(domain.assess?.(question, answer)).toEqual(expected));
});

describe('prompts and tokens', () => {
  const tokenizer = tokenizerFrom(characterTokenizer(alphabet, beginningOfText), {}, [], 'test');

  it('asks the student for what follows the question, and the teacher for a document', () => {
    expect(domain.studentPrompt('7+8')).toBe('7+8=');
    expect([...tokenizer.encode(domain.teacherPrompt)]).toEqual([0]);
    expect(domain.kind('*LRS1234')).toBe('textbook-3');
  });

  it('has one token for each of its characters', () => {
    expect(new Set(alphabet).size).toBe(alphabet.length);
    expect(alphabet).not.toContain(beginningOfText);
    expect(tokenizer.vocabularySize).toBe(alphabet.length + 1);
    expect(() => domain.checkTokenizer(tokenizer)).not.toThrow();
  });

  it('refuses a tokenizer that lacks one', () => {
    const poor = tokenizerFrom(characterTokenizer(alphabet.replace('+', ''), beginningOfText), {}, [], 'test');
    expect(() => domain.checkTokenizer(poor)).toThrow(expect.objectContaining({ code: 'DOMAIN_TOKENIZER' }));
  });
});
