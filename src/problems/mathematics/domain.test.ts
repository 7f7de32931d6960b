import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Chat } from '../../checkpoints/tokenizer.js';
import { characterTokenizer, tokenizerFrom } from '../../checkpoints/tokenizer-file.js';
import type { AnswerToGrade } from '../domain.js';
import { mathematicsDomain } from './domain.js';
import { kindOf } from './kinds.js';
import { mathematicsSettingsSchema, mathSubjects } from './settings.js';

const settings = (given: object = {}) => mathematicsSettingsSchema.parse(given);
const domain = mathematicsDomain(settings());
const folder = mkdtempSync(join(tmpdir(), 'domain-'));
afterAll(async () => {
  await domain.close();
  rmSync(folder, { recursive: true });
});

const proposal = (question: string, answer: string) =>
  `<question>\n${question}\n</question>\n<answer>\n${answer}\n</answer>`;

describe('what a teacher writes is accepted by form', () => {
  it.each([
    ['alone', proposal('What is $1+1$?', '\\boxed{2}')],
    ['with reasoning outside the tags', `Let me think.\n${proposal('What is $1+1$?', '\\boxed{2}')}\nDone.`],
    ['with words in the answer', proposal('What is $1+1$?', 'The answer is \\boxed{2}.')],
    [
      'after the form itself was repeated',
      `${proposal('[the problem]', '\\boxed{x}')}\n${proposal('What is $1+1$?', '\\boxed{2}')}`,
    ],
  ])('%s', (_, text) => {
    expect(domain.parseProposal(text, true)).toEqual({ accepted: true, question: 'What is $1+1$?', answer: '2' });
    // The token limit says nothing once everything is there.
    expect(domain.parseProposal(text, false).accepted).toBe(true);
  });

  it('whether or not it is true', () => {
    expect(domain.parseProposal(proposal('What is $1+1$?', '\\boxed{3}'), true)).toMatchObject({ answer: '3' });
  });

  it.each([
    ['nothing', '', 'no-question'],
    ['no closing tag', '<question>What?', 'no-question'],
    ['the paper’s misprint', '<question>What?<question><answer>\\boxed{2}</answer>', 'no-question'],
    ['a blank question', proposal(' ', '\\boxed{2}'), 'no-question'],
    ['no answer tags', '<question>What?</question> \\boxed{2}', 'no-answer'],
    ['no box', proposal('What?', '2'), 'no-answer'],
    ['an empty box', proposal('What?', '\\boxed{ }'), 'no-answer'],
    ['a box that is never closed', proposal('What?', '\\boxed{2'), 'no-answer'],
    ['an answer that cannot be read', proposal('What?', '\\boxed{t(0,4]}'), 'unreadable-answer'],
  ])('not with %s', (_, text, reason) => {
    expect(domain.parseProposal(text, true)).toEqual({ accepted: false, reason });
  });

  it('what the token limit cut off is unfinished', () => {
    expect(domain.parseProposal('<question>What', false)).toEqual({ accepted: false, reason: 'unfinished' });
    expect(domain.parseProposal('<question>What?</question> so', false)).toEqual({
      accepted: false,
      reason: 'unfinished',
    });
  });

  it('an exact verifier reads every answer', async () => {
    const exact = mathematicsDomain(settings({ verifier: 'exact' }));
    expect(exact.parseProposal(proposal('What?', '\\boxed{t(0,4]}'), true)).toMatchObject({ answer: 't(0,4]' });
    await exact.close();
  });
});

describe('grades', () => {
  const grade = async (gold: string, completion: string, verification?: AnswerToGrade['verification']) =>
    (await domain.grade([{ gold, completion, verification }]))[0];

  it.each([
    ['0.5', 'so \\boxed{\\frac12}', { answered: true, correct: true, containsGold: true }],
    ['\\boxed{12}', 'so \\boxed{12}', { answered: true, correct: true, containsGold: true }],
    ['12', 'so \\boxed{x = 12 + 1}', { answered: true, correct: false, containsGold: true }],
    ['12', 'so \\boxed{13}', { answered: true, correct: false, containsGold: false }],
    ['12', 'so \\boxed{\\frac{}', { answered: false, correct: false, containsGold: false }],
    ['12', 'so it is 12', { answered: false, correct: false, containsGold: false }],
    ['12', '', { answered: false, correct: false, containsGold: false }],
  ])('gold %s, completion "%s"', async (gold, completion, expected) => {
    expect(await grade(gold, completion)).toEqual(expected);
  });

  it('by the problem’s own policy', async () => {
    expect(await grade('3.14', '\\boxed{3.1}')).toMatchObject({ correct: false });
    expect(await grade('3.14', '\\boxed{3.1}', { tolerance: 0.1 })).toMatchObject({ correct: true });
  });

  it('in order, and never throws for what a model wrote', async () => {
    const completions = ['\\boxed{1}', `\\boxed{${'9^'.repeat(400)}9}`, '\\boxed{2}', '\0\ud800', '\\boxed{1}'];
    const grades = await domain.grade(completions.map((completion) => ({ gold: '1', completion })));
    expect(grades.map(({ correct }) => correct)).toEqual([true, false, false, false, true]);
  });

  it('by a module of the user’s own', async () => {
    writeFileSync(
      join(folder, 'mine.mjs'),
      "export const verify = (gold, text) => ({ verdict: text.endsWith(gold) ? 'correct' : 'wrong', extracted: text, reason: '' });",
    );
    const own = mathematicsDomain(settings({ verifier: './mine.mjs' }), folder);
    const grades = await own.grade([
      { gold: 'ja', completion: 'so: ja' },
      { gold: 'ja', completion: 'nein' },
    ]);
    expect(grades.map(({ correct }) => correct)).toEqual([true, false]);
    await own.close();
  });
});

describe('prompts', () => {
  it('the teacher’s says the topics, the tags and the box; another field needs no code', () => {
    for (const part of [
      ...mathSubjects,
      '<question>',
      '</question>',
      '<answer>',
      '</answer>',
      '\\boxed{',
      'exactly ONE'.replace('exactly', 'Write exactly'),
    ]) {
      expect(domain.teacherPrompt).toContain(part);
    }
    const chemistry = mathematicsDomain(
      settings({ field: 'chemistry', topics: ['Acids', 'Gases'], verifier: 'exact' }),
    );
    expect(chemistry.teacherPrompt).toMatch(/new chemistry problem.*Acids, Gases/s);
    expect(chemistry.teacherPrompt).not.toContain('Algebra');
    expect(chemistry.name).toBe('chemistry');
  });

  it('in two turns, first for a problem alone and then for its solution', () => {
    const { turns } = domain;
    expect(turns.questionPrompt).not.toContain('boxed');
    expect(turns.question(' What is 1+1?\nUser: and')).toBe('What is 1+1?');
    expect(turns.answerPrompt('What is 1+1?')).toMatch(new RegExp(`^${turns.questionPrompt}`));
    expect(turns.answerPrompt('What is 1+1?')).toMatch(/What is 1\+1\?\n\nNow solve.*\\boxed\{\}.*Solution:\n$/s);
    expect(turns.parseAnswer('so \\boxed{2}', true)).toEqual({ answer: '2' });
    expect(turns.parseAnswer('so 2', true)).toEqual({ reason: 'no-answer' });
    expect(turns.parseAnswer('so', false)).toEqual({ reason: 'unfinished' });
    expect(turns.parseAnswer('\\boxed{\\frac{1}{}', true)).toEqual({ reason: 'no-answer' });
  });

  it('the student’s ends where the assistant begins to speak', () => {
    expect(domain.studentPrompt('What is $1+1$?')).toMatch(/\\boxed\{\}.*\n\nUser: What is \$1\+1\$\?\nAssistant:$/s);
    expect(domain.stopStrings).toEqual(['\nUser:']);
  });
});

describe('prompts as conversations', () => {
  const chat = mathematicsDomain(settings({ prompt: 'chat', system: 'Be brief.' }));
  const system = { role: 'system', content: 'Be brief.' };

  it('ask the same, without cues to go on and without a play of User and Assistant', () => {
    const { teacherPrompt } = domain;
    expect(chat.teacherPrompt).toEqual({
      messages: [system, { role: 'user', content: (teacherPrompt as string).trimEnd() }],
    });
    const student = chat.studentPrompt('What is $1+1$?') as Chat;
    expect(student.messages).toEqual([
      system,
      { role: 'user', content: expect.stringMatching(/^What is \$1\+1\$\?\n\nShow .*\\boxed\{\}\.$/) },
    ]);
    expect(chat.stopStrings).toEqual([]);
  });

  it('give the second of two turns the first as it was said', () => {
    const { messages } = chat.turns.answerPrompt('What is 1+1?') as Chat;
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[2]?.content).toBe('What is 1+1?');
    expect(messages.slice(0, 2)).toEqual((chat.turns.questionPrompt as Chat).messages);
    expect(messages[1]?.content).not.toContain('Problem:');
    expect(messages[3]?.content).toMatch(/^Now solve this problem: show .*\\boxed\{\}\.$/);
    // A user's name is text like any other here.
    expect(chat.turns.question('Who?\nUser: Ann')).toBe('Who?\nUser: Ann');
  });

  it('name a template where one is asked for, and have no system prompt where none is', () => {
    const named = mathematicsDomain(settings({ prompt: 'chat', chatTemplate: 'plain' }));
    expect(named.studentPrompt('Q')).toMatchObject({ template: 'plain', messages: [{ role: 'user' }] });
    expect(mathematicsDomain(settings({ prompt: 'chat' })).studentPrompt('Q')).not.toHaveProperty('template');
  });

  it('are refused before anything is asked when the model has no template', () => {
    const plain = tokenizerFrom(characterTokenizer('ab', '^'), {}, [], 'a/tokenizer_config.json');
    expect(() => chat.checkTokenizer(plain)).toThrow(
      expect.objectContaining({ code: 'CHAT_TEMPLATE_MISSING', where: 'a/tokenizer_config.json' }),
    );
    domain.checkTokenizer(plain);
  });
});

describe('kinds', () => {
  it.each([
    ['A fair coin is tossed. What is the probability of two heads?', 'Counting and Probability'],
    ['Find the area of the triangle with sides 3, 4, 5.', 'Geometry'],
    ['What is the remainder of $2^{10}$ divided by the prime 7?', 'Number Theory'],
    ['Who?', 'other'],
  ])('%s is %s', (question, kind) => expect(domain.kind(question)).toBe(kind));
  it('topics without cues are known by their own words', () => {
    expect(kindOf('Which acids react?', ['Gases', 'Acids'])).toBe('Acids');
    expect(kindOf('Which?', ['pH'])).toBe('other');
  });
});
