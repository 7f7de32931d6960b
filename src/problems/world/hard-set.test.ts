import { describe, expect, it } from 'vitest';
import { hardCandidates, irrelevantQuestions, oraclePrograms } from './hard-set.js';
import { describeQuestion } from './questions.js';
import { worldSettingsSchema } from './settings.js';

const world = worldSettingsSchema.parse({ hardLengths: [6, 8], candidates: 150 });
const distinct = (questions: readonly { question: string }[]) =>
  new Set(questions.map(({ question }) => question)).size;

describe('hardCandidates', () => {
  const candidates = hardCandidates(world);

  it('are distinct programs of the hard lengths, each length among them, with their right answers', () => {
    expect(candidates).toHaveLength(150);
    expect(distinct(candidates)).toBe(150);
    expect(new Set(candidates.map(({ id }) => id)).size).toBe(150);
    for (const { question, gold, level } of candidates) {
      expect(describeQuestion(question)).toEqual({ kind: `program-${level}`, answers: [gold] });
    }
    expect([...new Set(candidates.map(({ level }) => level))].sort()).toEqual(['6', '7', '8']);
  });

  it('are fixed by the seed, and a longer list begins with the shorter', () => {
    expect(hardCandidates(world)).toEqual(candidates);
    expect(hardCandidates({ ...world, candidates: 20 })).toEqual(candidates.slice(0, 20));
    expect(hardCandidates({ ...world, seed: 'other' })).not.toEqual(candidates);
  });
});

describe('oraclePrograms', () => {
  it('are distinct programs of one length with their right answers', () => {
    const programs = oraclePrograms(4, 64, 'test');
    expect(distinct(programs)).toBe(64);
    for (const { question, gold } of programs) {
      expect(describeQuestion(question)).toEqual({ kind: 'program-4', answers: [gold] });
    }
    expect(oraclePrograms(4, 64, 'test')).toEqual(programs);
    expect(oraclePrograms(4, 64, 'other')).not.toEqual(programs);
  });
});

describe('irrelevantQuestions', () => {
  it('are no programs, have right answers, and every other family is among them', () => {
    const questions = irrelevantQuestions(50, 'test');
    const kinds = questions.map(({ question, gold }) => {
      const { kind, answers } = describeQuestion(question);
      expect(answers).toContain(gold);
      return kind;
    });
    expect(new Set(questions.map(({ id }) => id)).size).toBe(50);
    expect([...new Set(kinds)].sort()).toEqual(['addition', 'coin', 'maximum', 'repeat', 'sort']);
    expect(irrelevantQuestions(50, 'test')).toEqual(questions);
  });
});
