import { describe, expect, it } from 'vitest';
import { type Call, CopyingMemory, plainDomain, ScriptedPolicy } from '../../../test/method/scripted.js';
import type { Problem } from '../../problems/problem.js';
import { soarSettingsSchema } from '../settings.js';
import { accuracyByQuestion, baselineAccuracy, type Examination } from './accuracy.js';
import { datasetRewards } from './dataset-reward.js';
import { learnability, studyLearnability } from './learnability.js';
import { drawRewardQuestions } from './reward-questions.js';
import { studentReward } from './student-reward.js';

const settings = soarSettingsSchema.parse({});
const problem = (id: string): Problem => ({ id, question: id, gold: id, source: 'test' });
const problems = Array.from({ length: 20 }, (_, i) => problem(`h${i}`));

describe('studentReward', () => {
  const none = { answered: false, correct: false, containsGold: false };
  it.each([
    [{ answered: true, correct: true, containsGold: true }, 120],
    [{ answered: true, correct: true, containsGold: false }, 120],
    [{ answered: true, correct: false, containsGold: true }, 20],
    [{ answered: true, correct: false, containsGold: false }, 10],
    [none, 0],
  ])('pays %j with %d', (grade, reward) => {
    expect(studentReward(grade, settings.student.shapedReward)).toBe(reward);
  });
});

describe('datasetRewards', () => {
  it('takes means over repeats, then over datasets', () => {
    const rewards = datasetRewards([
      [1 / 64, 3 / 64],
      [-1 / 64, 0],
    ]);
    expect(rewards.datasets).toEqual([2 / 64, -0.5 / 64]);
    expect(rewards.stepMean).toBe(0.75 / 64);
  });
});

describe('drawRewardQuestions', () => {
  it('draws without replacement, the same for the same seed, others for another', () => {
    const ids = (seed: string) =>
      drawRewardQuestions(problems, { questions: 8, replacement: false }, seed).map(({ id }) => id);
    expect(new Set(ids('7/outer-0')).size).toBe(8);
    expect(ids('7/outer-0')).toEqual(ids('7/outer-0'));
    expect(ids('7/outer-0')).not.toEqual(ids('7/outer-1'));
  });

  it('draws each question equally often', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 1000; step++) {
      for (const { id } of drawRewardQuestions(
        problems,
        { questions: 5, replacement: false },
        `uniform/outer-${step}`,
      )) {
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    // 250 each, standard deviation sqrt(1000 * 1/4 * 3/4) = 13.7.
    for (const { id } of problems) expect(Math.abs((counts.get(id) ?? 0) - 250)).toBeLessThan(60);
  });

  it('draws with replacement where that is set: some several times, and more than there are', () => {
    const drawn = drawRewardQuestions(problems, { questions: 200, replacement: true }, 'again');
    expect(drawn).toHaveLength(200);
    // Each is missed with probability (19/20)^200, one in 28,000.
    expect(new Set(drawn).size).toBe(20);
  });

  it('refuses to draw more than there are', () => {
    expect(() => drawRewardQuestions(problems, { questions: 21, replacement: false }, 's')).toThrow(
      expect.objectContaining({ code: 'METHOD_TOO_FEW_QUESTIONS', remedy: expect.stringContaining('at most 20') }),
    );
  });
});

/** Answers h0, h2, h4... right; when sampled, the first of its answers only. */
function halfRight(calls: Call[] = []) {
  return new ScriptedPolicy(
    'half',
    {
      complete: ({ prompt, index }) => {
        const question = prompt.slice(0, -1);
        return Number(question.slice(1)) % 2 === 0 && index === 0 ? `=${question}.` : 'hm=x.';
      },
    },
    calls,
  );
}
const greedy: Examination = {
  domain: plainDomain,
  decoding: 'greedy',
  samplesPerQuestion: 1,
  sampling: settings.student.sampling,
  seed: 'exam',
};

describe('accuracyByQuestion', () => {
  it('decodes greedily once per question', async () => {
    const calls: Call[] = [];
    expect(await accuracyByQuestion(halfRight(calls), problems.slice(0, 3), greedy)).toEqual([1, 0, 1]);
    expect(calls[0].prompts).toEqual(['h0?', 'h1?', 'h2?']);
    expect(calls[0].options).toMatchObject({
      temperature: 0,
      samplesPerPrompt: 1,
      maxNewTokens: 1024,
      stopStrings: ['.'],
    });
  });

  it('averages over samples at the temperature of the student', async () => {
    const calls: Call[] = [];
    const sampled: Examination = { ...greedy, decoding: 'sampled', samplesPerQuestion: 4 };
    expect(await accuracyByQuestion(halfRight(calls), problems.slice(0, 3), sampled)).toEqual([0.25, 0, 0.25]);
    expect(calls[0].options).toMatchObject({ temperature: 1, samplesPerPrompt: 4, seed: 'exam' });
  });
});

describe('baselineAccuracy', () => {
  it("measures each question once in a baseline's life", async () => {
    const calls: Call[] = [];
    const noted: Call[] = [];
    const memory = new CopyingMemory(noted);
    const policy = halfRight(calls);
    await baselineAccuracy(policy, problems.slice(0, 2), memory, greedy);
    const found = await baselineAccuracy(policy, problems.slice(1, 4), memory, greedy);
    expect([...found]).toEqual([
      ['h1', 0],
      ['h2', 1],
      ['h3', 0],
    ]);
    expect(calls.map((call) => call.prompts)).toEqual([
      ['h0?', 'h1?'],
      ['h2?', 'h3?'],
    ]);
    await baselineAccuracy(policy, problems.slice(0, 4), memory, greedy);
    expect(calls).toHaveLength(2);
    expect(noted.map(({ call }) => call)).toEqual(['baseline h0 h1', 'baseline h2 h3']);
  });
});

describe('learnability', () => {
  it.each([
    ['intrinsic', 0, 0],
    ['intrinsic', 0.25, 0.75],
    ['intrinsic', 1, 0],
    ['r-zero', 0, 0],
    ['r-zero', 0.25, 0.25],
    ['r-zero', 0.75, 0.25],
    ['r-zero', 1, 0],
    ['absolute-zero', 0, 0],
    ['absolute-zero', 0.25, 0.75],
    ['absolute-zero', 1, 0],
  ] as const)('%s of s = %d is %d', (rule, s, expected) => expect(learnability(rule, s)).toBe(expected));

  it('pays a dataset the mean over its questions, from the answers of a student that is not trained', async () => {
    const calls: Call[] = [];
    // Question i is solved in i of its 4 answers.
    const student = new ScriptedPolicy(
      'student',
      { complete: ({ prompt, index }) => (index < Number(prompt.slice(0, -1)) ? '=yes.' : '=no.') },
      calls,
    );
    const memory = new CopyingMemory(calls);
    const study = {
      dataset: 1,
      questions: [0, 1, 3, 4].map((i) => ({ id: `${i}`, question: `${i}`, gold: 'yes', source: 'test' })),
      student,
      domain: plainDomain,
      settings: { kind: 'learnability', rule: 'intrinsic', samples: 4 } as const,
      sampling: soarSettingsSchema.parse({}).student.sampling,
      seed: 'learnability',
    };
    const record = await studyLearnability(study, memory);
    // Rates 0, 1/4, 3/4, 1: rewards 0, 3/4, 1/4, 0.
    // 8 answers '=yes.' and 8 '=no.', a token for each character.
    const cost = { tokensSampled: 8 * 5 + 8 * 4, tokensTrained: 0, graded: 16 };
    expect(record).toEqual({ dataset: 1, repeat: 0, accuracy: 0.5, reward: 0.25, steps: [], cost });
    expect(await studyLearnability(study, memory)).toEqual(record);
    expect(calls.map(({ call }) => call)).toEqual(['sample', 'study 1-0']);
  });
});
