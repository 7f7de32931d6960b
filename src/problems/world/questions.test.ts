import { describe, expect, it } from 'vitest';
import { randomStream } from '../../rl/random.js';
import { drawQuestion, type OtherFamily } from './corpus.js';
import { describeQuestion } from './questions.js';

describe('describeQuestion', () => {
  it.each([
    ['LRS1234', 'program-3', ['3124']],
    ['*LRS1234', 'textbook-3', ['3124']],
    ['C0000', 'program-1', ['9999']],
    ['7+8', 'addition', ['15']],
    ['120+7', 'addition', ['127']],
    ['999+999', 'addition', ['1998']],
    ['s30201', 'sort', ['00123']],
    ['s312', 'sort', ['123']],
    ['m4719', 'maximum', ['9']],
    ['r47', 'repeat', ['4747']],
    ['?37', 'coin', ['3', '7']],
    ['?55', 'coin', ['5']],
  ])('%s is of kind %s with answers %j', (question, kind, answers) => {
    expect(describeQuestion(question)).toEqual({ kind, answers });
  });

  it.each([
    '',
    '1234',
    '*1234',
    '*',
    'LRS123',
    'LRS12345',
    '1+',
    '+1',
    '1+2+3',
    '1000+1',
    's12',
    's123456',
    'm1',
    'r1234',
    'r',
    '?1',
    '?123',
    'S+1',
    '**L1234',
  ])('finds "%s" malformed, without an answer', (question) => {
    expect(describeQuestion(question)).toEqual({ kind: 'malformed', answers: [] });
  });

  it('knows every question that the corpus draws by its family', () => {
    const random = randomStream('questions');
    const families: OtherFamily[] = ['addition', 'sort', 'maximum', 'repeat', 'coin'];
    for (let i = 0; i < 500; i++) {
      const family = families[i % families.length];
      const { kind, answers } = describeQuestion(drawQuestion(random, family));
      expect(kind).toBe(family);
      expect(answers.length).toBeGreaterThan(0);
    }
  });
});
