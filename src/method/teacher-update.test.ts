import { describe, expect, it } from 'vitest';
import { type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Proposal } from './memory.js';
import { soarSettingsSchema } from './settings.js';
import { type TeacherUpdateRequest, updateTeacher } from './teacher-update.js';

/** Two datasets of four; completions of unequal length. */
const proposals: Proposal[] = Array.from({ length: 8 }, (_, i) => ({
  question: `q${i}`,
  answer: '1',
  kind: 'q',
  tokens: new Int32Array(i + 1).fill(97 + i),
  logprobs: new Float32Array(i + 1).fill(-0.5),
}));

function request(teacher: object, calls: Call[] = []): TeacherUpdateRequest {
  return {
    teacher: new ScriptedPolicy('teacher', { complete: () => '' }, calls),
    domain: plainDomain,
    form: 'single-turn',
    reference: new ScriptedPolicy('base', { complete: () => '' }, []),
    proposals,
    rewards: [3 / 64, 1 / 64],
    settings: soarSettingsSchema.parse({ datasetSize: 8, student: { promptsPerStep: 4 }, teacher }).teacher,
    step: 0,
    outerSteps: 200,
  };
}
const advantagesOf = (call: Call) => call.batch?.sequences.map((sequence) => sequence.advantage);

describe('updateTeacher', () => {
  it('gives every completion of a dataset the advantage of the dataset, in one step over all', async () => {
    const calls: Call[] = [];
    const update = await updateTeacher(request({ kl: { coefficient: 0 } }, calls));
    expect(update.advantages).toEqual([2 / 64, -2 / 64]);
    expect(calls).toHaveLength(1);
    expect(advantagesOf(calls[0])).toEqual([0, 0, 0, 0, 1, 1, 1, 1].map((k) => update.advantages[k]));
    expect(update).toMatchObject({ skipped: false, rewardSpread: 2 / 64, updates: [{ loss: 0 }] });
  });

  it('weighs every sequence alike whatever its length (the premise of Proposition 1)', async () => {
    const calls: Call[] = [];
    await updateTeacher(request({ kl: { coefficient: 0 } }, calls));
    const sequences = calls[0].batch?.sequences ?? [];
    for (const { weight } of sequences) expect(weight).toBe(1 / 8);
    expect(sequences.map(({ tokens, promptLength }) => tokens.length - promptLength)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sequences.every(({ promptLength }) => promptLength === 1)).toBe(true);
  });

  it('warms up and decays over outer steps', async () => {
    const rate = async (step: number) => (await updateTeacher({ ...request({}), step })).learningRate;
    expect(await rate(0)).toBeCloseTo(1e-5 / 20, 15);
    expect(await rate(19)).toBeCloseTo(1e-5, 15);
    // Halfway from 20 to 200.
    expect(await rate(110)).toBeCloseTo(0.5e-5, 15);
  });

  it('makes no step when the rewards lie closer together than the least spread', async () => {
    const calls: Call[] = [];
    const least = { minimalRewardSpread: 0.05, kl: { coefficient: 0 } };
    expect(await updateTeacher(request(least, calls))).toMatchObject({ skipped: true, updates: [] });
    expect(calls).toEqual([]);
    const wide = { ...request(least, calls), rewards: [3 / 64, -1 / 64] };
    expect(await updateTeacher(wide)).toMatchObject({ skipped: false });
  });

  it('steps even without spread by default, as the paper does', async () => {
    const update = await updateTeacher({ ...request({ kl: { coefficient: 0 } }), rewards: [0.5, 0.5] });
    expect(update).toMatchObject({ skipped: false, advantages: [0, 0] });
    expect(update.updates).toHaveLength(1);
  });

  it('in several updates takes an equal share of every dataset each time', async () => {
    const calls: Call[] = [];
    await updateTeacher(request({ updatesPerStep: 2, kl: { coefficient: 0 } }, calls));
    const first = (call: Call) => call.batch?.sequences.map(({ tokens }) => tokens[1] - 97);
    expect(calls.map(first)).toEqual([
      [0, 1, 4, 5],
      [2, 3, 6, 7],
    ]);
    for (const call of calls) {
      expect(call.batch?.sequences[0].weight).toBe(1 / 4);
      expect(advantagesOf(call)?.reduce<number>((sum, advantage) => sum + (advantage as number), 0)).toBe(0);
    }
  });

  describe('of proposals in two turns', () => {
    const inTwo: Proposal[] = proposals.map((one) => ({
      ...one,
      answerTurn: { tokens: new Int32Array(3).fill(65), logprobs: new Float32Array(3).fill(-0.25) },
    }));
    const update = async (teacher: object) => {
      const calls: Call[] = [];
      await updateTeacher({ ...request(teacher, calls), form: 'multi-turn', proposals: inTwo });
      return calls;
    };

    it('sums over both turns: the same advantage and weight for each, after its own prompt', async () => {
      const [call] = await update({ kl: { coefficient: 0 } });
      const sequences = call?.batch?.sequences ?? [];
      expect(sequences).toHaveLength(16);
      for (const [i, { tokens, promptLength, advantage, weight, samplerLogprobs }] of sequences.entries()) {
        const of = Math.floor(i / 2);
        expect(weight).toBe(1 / 8);
        expect(advantage).toBe(of < 4 ? 2 / 64 : -2 / 64);
        const [prompt, said] = [tokens.slice(0, promptLength), tokens.slice(promptLength)];
        expect(String.fromCharCode(...prompt)).toBe(i % 2 === 0 ? '?>' : `q${of}!`);
        expect(said).toEqual(i % 2 === 0 ? inTwo[of]?.tokens : inTwo[of]?.answerTurn?.tokens);
        expect(samplerLogprobs?.length).toBe(said.length);
      }
    });

    it('shares both turns among several updates together', async () => {
      const calls = await update({ updatesPerStep: 2, kl: { coefficient: 0 } });
      expect(calls.map(({ batch }) => batch?.sequences.length)).toEqual([8, 8]);
      expect(calls[0]?.batch?.sequences[0]?.weight).toBe(1 / 4);
    });

    it('has the KL of both turns in the reward', async () => {
      const calls = await update({ kl: { coefficient: 0.5, form: 'reward' } });
      const advantages = advantagesOf(calls[0] as Call) as number[];
      // The second turns' KL, 3 * 0.75, is the same for all and cancels: as in one turn, 2/64 + 1.
      expect(advantages[0]).toBeCloseTo(2 / 64 + 1, 12);
      expect(advantages[1]).toBe(advantages[0]);
    });
  });

  it('standardises over datasets when told to', async () => {
    // Rewards 3/64 and 1/64: sample deviation sqrt(2)/64, advantages +-2/64 over it.
    const update = await updateTeacher(request({ advantage: 'standardised' }));
    expect(update.advantages[0]).toBeCloseTo(Math.SQRT2, 12);
  });

  it('has KL in the loss by default', async () => {
    const calls: Call[] = [];
    await updateTeacher(request({}, calls));
    expect(calls[0].batch?.klCoefficient).toBe(0.001);
    expect(calls[0].batch?.sequences[2].referenceLogprobs).toEqual(new Float32Array(3).fill(-1));
  });

  it('or in the reward: each completion against all others, and still summing to zero', async () => {
    const calls: Call[] = [];
    await updateTeacher(request({ kl: { coefficient: 0.5, form: 'reward' } }, calls));
    expect(calls[0].batch?.klCoefficient).toBe(0);
    const advantages = advantagesOf(calls[0]) as number[];
    // KL of completion i is (i + 1)/2, taken off at 0.5: -(i + 1)/4; their sum is -9. Completion 0: -1/4 - (-9 + 1/4)/7 = 1.
    expect(advantages[0]).toBeCloseTo(2 / 64 + 1, 12);
    // Completion 7: -2 - (-9 + 2)/7 = -1.
    expect(advantages[7]).toBeCloseTo(-2 / 64 - 1, 12);
    expect(advantages.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
  });
});
