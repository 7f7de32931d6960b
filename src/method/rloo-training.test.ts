import { describe, expect, it } from 'vitest';
import { type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Problem } from '../problems/problem.js';
import { type RlooTraining, rlooTrain } from './rloo-training.js';
import { type StudentSettings, soarSettingsSchema } from './settings.js';

const section = (student: object): StudentSettings => soarSettingsSchema.parse({ student }).student;
const noKl = section({ groupSize: 4, kl: { coefficient: 0 } });
const problem = (id: string): Problem => ({ id, question: id, gold: '12', source: 'test' });

/** Four completions of unequal length: right, gold within a wrong answer, wrong, cut off before an answer. */
const answers = ['=12.', 'let me see=312.', 'well=7.', 'I think that'];

function training(settings: StudentSettings, calls: Call[], complete = (index: number) => answers[index]) {
  const policy = new ScriptedPolicy('student', { complete: ({ index }) => complete(index) }, calls);
  const all: RlooTraining = {
    policy,
    domain: plainDomain,
    batches: (step) => [problem(`a${step}`), problem(`b${step}`)],
    steps: 1,
    settings,
    seed: '7/study',
  };
  return all;
}
const updates = (calls: readonly Call[]) => calls.filter((call) => call.call === 'update');

describe('rlooTrain', () => {
  it('sends leave-one-out advantages of the shaped rewards, group by group', async () => {
    const calls: Call[] = [];
    await rlooTrain(training(noKl, calls));
    const [{ batch, step }] = updates(calls);
    // 120 - 30/3, 20 - 130/3, 10 - 140/3, 0 - 150/3; the same for both problems.
    const expected = [110, -70 / 3, -110 / 3, -50];
    batch?.sequences.forEach((sequence, i) => {
      expect(sequence.advantage).toBeCloseTo(expected[i % 4], 10);
    });
    expect(batch?.sequences).toHaveLength(8);
    expect(batch).toMatchObject({ objective: 'policy-gradient', klCoefficient: 0 });
    expect(step).toMatchObject({ learningRate: 1e-5, beta1: 0.9, maxGradNorm: 0 });
  });

  it('weighs every sequence alike whatever its length (the premise of Proposition 1)', async () => {
    const calls: Call[] = [];
    await rlooTrain(training(noKl, calls));
    const sequences = updates(calls)[0].batch?.sequences ?? [];
    expect(new Set(sequences.map(({ tokens, promptLength }) => tokens.length - promptLength)).size).toBe(4);
    for (const { weight } of sequences) expect(weight).toBe(1 / 8);
    expect(sequences.reduce((sum, { advantage }) => sum + (advantage as number), 0)).toBeCloseTo(0, 10);
  });

  it('joins prompt and completion, with the log-probabilities of the sampling', async () => {
    const calls: Call[] = [];
    await rlooTrain(training(noKl, calls));
    const sequence = updates(calls)[0].batch?.sequences[5];
    expect(String.fromCharCode(...(sequence?.tokens ?? []))).toBe('b0?let me see=312.');
    expect(sequence?.promptLength).toBe(3);
    expect(sequence?.samplerLogprobs).toEqual(new Float32Array(15).fill(-0.5));
    expect(sequence?.referenceLogprobs).toBeUndefined();
  });

  it('reports rewards, shares, tokens and rates', async () => {
    const [metrics] = await rlooTrain(training(noKl, []));
    expect(metrics).toMatchObject({
      step: 0,
      reward: 37.5,
      correct: 0.25,
      answered: 0.75,
      truncated: 0.25,
      informative: 1,
      completions: 8,
      // (4 + 15 + 7 + 12) for each problem.
      tokens: 76,
      learningRate: 1e-5,
    });
    const [same] = await rlooTrain(training(noKl, [], () => '=12.'));
    expect(same).toMatchObject({ reward: 120, correct: 1, informative: 0 });
  });

  it('gives each step its own seed and rate, and calls back in order', async () => {
    const calls: Call[] = [];
    const seen: number[] = [];
    const schedule = { kind: 'linear', learningRate: 0.4, horizon: 'run' };
    await rlooTrain({
      ...training(section({ groupSize: 4, kl: { coefficient: 0 }, schedule }), calls),
      steps: 4,
      onStep: ({ step }) => void seen.push(step),
    });
    const sampled = calls.filter((call) => call.call === 'sample');
    expect(sampled.map((call) => call.options?.seed)).toEqual([0, 1, 2, 3].map((step) => `7/study/step-${step}`));
    expect(sampled.map((call) => call.prompts)).toEqual([0, 1, 2, 3].map((step) => [`a${step}?`, `b${step}?`]));
    expect(sampled[0].options).toMatchObject({ samplesPerPrompt: 4, temperature: 1, maxNewTokens: 1024 });
    expect(updates(calls).map((call) => call.step?.learningRate)).toEqual(
      [0.4, 0.3, 0.2, 0.1].map((r) => expect.closeTo(r, 12)),
    );
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('goes on from a later step with the seeds, batches and rates of the whole', async () => {
    const whole: Call[] = [];
    const rest: Call[] = [];
    await rlooTrain({ ...training(noKl, whole), steps: 4 });
    await rlooTrain({ ...training(noKl, rest), steps: 4, firstStep: 2 });
    expect(rest).toEqual(whole.slice(4));
  });

  it('stops between steps when told to', async () => {
    const calls: Call[] = [];
    const stop = new AbortController();
    const run = rlooTrain({
      ...training(noKl, calls),
      steps: 4,
      onStep: ({ step }) => (step === 1 ? stop.abort() : undefined),
      signal: stop.signal,
    });
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(updates(calls)).toHaveLength(2);
  });

  describe('with KL', () => {
    const reference = () => new ScriptedPolicy('base', { complete: () => '' }, []);

    it('hands the reference to the loss and leaves the rewards alone', async () => {
      const calls: Call[] = [];
      const settings = section({ groupSize: 4, kl: { coefficient: 2, form: 'loss' } });
      await rlooTrain({ ...training(settings, calls), reference: reference() });
      const batch = updates(calls)[0].batch;
      expect(batch?.klCoefficient).toBe(2);
      expect(batch?.sequences[0].referenceLogprobs).toEqual(new Float32Array(4).fill(-1));
      expect(batch?.sequences[0].advantage).toBeCloseTo(110, 10);
    });

    it('or takes beta times the KL of the sequence off its reward', async () => {
      const calls: Call[] = [];
      const settings = section({ groupSize: 4, kl: { coefficient: 2, form: 'reward' } });
      const [metrics] = await rlooTrain({ ...training(settings, calls), reference: reference() });
      const batch = updates(calls)[0].batch;
      // KL = tokens * (-0.5 + 1), so rewards 120 - 4, 20 - 15, 10 - 7, 0 - 12, in all 112.
      const expected = [116, 5, 3, -12].map((reward) => reward - (112 - reward) / 3);
      expected.forEach((advantage, i) => {
        expect(batch?.sequences[i].advantage).toBeCloseTo(advantage, 10);
      });
      expect(batch?.klCoefficient).toBe(0);
      expect(metrics.reward).toBe(37.5);
    });

    it('needs a reference', async () => {
      const settings = section({ groupSize: 4 });
      await expect(rlooTrain(training(settings, []))).rejects.toThrow(
        expect.objectContaining({ code: 'METHOD_REFERENCE_MISSING' }),
      );
    });
  });
});
