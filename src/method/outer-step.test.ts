import { describe, expect, it } from 'vitest';
import { type Asked, type Call, CopyingMemory, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Problem } from '../problems/problem.js';
import { outerStep, type Soar } from './outer-step.js';
import { type SoarSettings, soarSettingsSchema } from './settings.js';
import { initialState, type SoarState } from './state.js';

const hardTrain: Problem[] = [0, 1, 2, 3].map((i) => ({ id: `h${i}`, question: `h${i}`, gold: 'y', source: 'test' }));

/** g = 2 datasets of n = 2, r = 2 students, one inner step of 2 x 2 completions, all 4 hard questions, a window of one step. */
function settingsWith(changes: object = {}): SoarSettings {
  return soarSettingsSchema.parse({
    datasets: 2,
    datasetSize: 2,
    repeats: 2,
    teacher: { kl: { coefficient: 0 } },
    student: { promptsPerStep: 2, groupSize: 2, kl: { coefficient: 0 } },
    inner: { steps: 1, stepsPerPromotion: 1, maximumSteps: 2 },
    reward: { questions: 4 },
    promotion: { window: 1 },
    ...changes,
  });
}

/** How many of the hard questions a student of dataset k solves after study j; weights[0] holds it, weights[1] counts updates. */
const solves = [
  [1, 2],
  [3, 4],
];

interface Stage {
  soar: Soar;
  calls: Call[];
  teacher: ScriptedPolicy;
  baseline: ScriptedPolicy;
}

function stage(settings = settingsWith(), breaksAt?: (asked: Asked) => boolean): Stage {
  const calls: Call[] = [];
  const script = {
    complete: (asked: Asked) => {
      if (breaksAt?.(asked)) throw new Error('the engine broke');
      if (asked.prompt === '>') return `q${asked.index}|1.`;
      if (asked.prompt.startsWith('q')) return asked.index === 0 ? '=1.' : '=2.';
      return asked.weights[0] > Number(asked.prompt[1]) ? '=y.' : '=n.';
    },
    learn: (weights: Float32Array, _: unknown, seed: string) => {
      const study = /study-(\d)-(\d)/.exec(seed);
      if (study) weights[0] = solves[Number(study[1])][Number(study[2])];
      weights[1] += 1;
    },
  };
  const teacher = new ScriptedPolicy('teacher', script, calls);
  const baseline = new ScriptedPolicy('baseline', script, calls);
  const reference = new ScriptedPolicy('base', script, calls);
  return {
    soar: { teacher, baseline, reference, domain: plainDomain, hardTrain, settings, seed: '7' },
    calls,
    teacher,
    baseline,
  };
}
const told = (calls: readonly Call[]) => calls.map(({ policy, call }) => `${policy} ${call}`);
const studySeeds = (calls: readonly Call[]) =>
  calls.flatMap(({ options }) => (options && /study-\d-\d\/step/.test(options.seed) ? [options.seed] : []));

describe('outerStep', () => {
  it('computes rewards, promotes the median student of the best dataset, and teaches', async () => {
    const { soar, teacher, baseline } = stage();
    const outcome = await outerStep(soar, initialState(), new CopyingMemory());
    // Accuracies 1/4, 2/4 and 3/4, 4/4 against a baseline of 0.
    expect(outcome.studies.map((repeats) => repeats.map(({ reward }) => reward))).toEqual([
      [0.25, 0.5],
      [0.75, 1],
    ]);
    expect(outcome).toMatchObject({
      step: 0,
      baselineAccuracy: 0,
      datasetRewards: [0.375, 0.875],
      stepMean: 0.625,
      movingAverage: 0.625,
      validRate: 1,
      kinds: { q: 4 },
      // Of two repeats the lower is the median.
      promotion: { dataset: 1, repeat: 0, accuracy: 0.75 },
      teacher: { advantages: [-0.5, 0.5], skipped: false },
      state: {
        step: 1,
        window: [],
        promotions: [{ step: 0, dataset: 1, repeat: 0, movingAverage: 0.625 }],
        finished: null,
      },
    });
    expect(outcome.promotion?.questions.map(({ id, question, gold }) => [id, question, gold])).toEqual([
      ['step-0-2', 'q2', '1'],
      ['step-0-3', 'q3', '1'],
    ]);
    expect(outcome.studies[1][0].steps).toEqual([{ reward: 65, correct: 0.5, tokens: 12 }]);
    expect(baseline.weights).toEqual(new Float32Array([3, 1]));
    expect(teacher.weights).toEqual(new Float32Array([0, 1]));
  });

  it('goes in the order of the paper: propose, measure, study, check promotion, teach', async () => {
    const { soar, calls } = stage();
    await outerStep({ ...soar, concurrentStudies: 1 }, initialState(), new CopyingMemory(calls));
    const oneStudy = (n: number, name: string) => [
      'baseline fork',
      `baseline/${n} sample`,
      `baseline/${n} update`,
      `baseline/${n} sample`,
      `baseline/${n} save`,
      `memory study ${name}`,
      `baseline/${n} release`,
    ];
    expect(told(calls)).toEqual([
      'teacher sample',
      'memory proposals',
      'baseline sample',
      'memory baseline h0 h1 h2 h3',
      ...oneStudy(0, '0-0'),
      ...oneStudy(1, '0-1'),
      ...oneStudy(2, '1-0'),
      ...oneStudy(3, '1-1'),
      'memory student 1-0',
      'baseline load',
      'teacher update',
    ]);
  });

  it('gives the same outcome however many studies run side by side', async () => {
    const outcomes = await Promise.all(
      [1, 3, undefined].map((limit) => {
        const { soar } = stage();
        return outerStep({ ...soar, ...(limit && { concurrentStudies: limit }) }, initialState(), new CopyingMemory());
      }),
    );
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  it('seeds every study of every step by a name of its own', async () => {
    const first = stage();
    const second = stage();
    await outerStep(first.soar, initialState(), new CopyingMemory());
    await outerStep(second.soar, { ...initialState(), step: 1 }, new CopyingMemory());
    const seeds = [...studySeeds(first.calls), ...studySeeds(second.calls)];
    expect(seeds).toHaveLength(8);
    expect(new Set(seeds).size).toBe(8);
  });

  it('examines all students of a step on the same questions, redrawn for the next', async () => {
    const questionsOf = async (step: number) => {
      const { soar, calls } = stage(settingsWith({ reward: { questions: 3 } }));
      await outerStep(soar, { ...initialState(), step }, new CopyingMemory());
      const exams = calls.flatMap(({ prompts, options }) => (options?.temperature === 0 ? [prompts?.join(' ')] : []));
      expect(exams).toHaveLength(5);
      expect(new Set(exams).size).toBe(1);
      return exams[0];
    };
    const drawn = new Set(await Promise.all([0, 1, 2, 3, 4].map(questionsOf)));
    expect(drawn.size).toBeGreaterThan(1);
  });

  it('asks a question that was drawn twice for each time, and counts it so', async () => {
    const { soar, calls } = stage(settingsWith({ reward: { questions: 40, replacement: true } }));
    const { baselineAccuracy, studies } = await outerStep(soar, initialState(), new CopyingMemory());
    const exams = calls.flatMap(({ prompts, options }) => (options?.temperature === 0 ? [prompts?.length] : []));
    // The baseline is measured once per question, the four students on all 40.
    expect(exams).toEqual([4, 40, 40, 40, 40]);
    expect([baselineAccuracy, studies[1]?.[1]?.accuracy]).toEqual([0, 1]);
  });

  it('gives repeats batches of their own, or the same ones', async () => {
    const batchesOf = async (sharedBatches: boolean) => {
      const student = { promptsPerStep: 1, groupSize: 2, kl: { coefficient: 0 } };
      const inner = { steps: 8, maximumSteps: 8, sharedBatches };
      const { soar, calls } = stage(settingsWith({ datasetSize: 8, inner, student, repeats: 3 }));
      await outerStep(soar, initialState(), new CopyingMemory());
      const of = (j: number) =>
        calls.flatMap(({ prompts, options }) => (options?.seed.includes(`study-0-${j}/step`) ? [prompts?.join()] : []));
      return new Set([0, 1, 2].map((j) => of(j).join()));
    };
    expect((await batchesOf(true)).size).toBe(1);
    expect((await batchesOf(false)).size).toBe(3);
  });

  describe('a step that broke', () => {
    const breaksOnce = () => {
      let broken = false;
      return (asked: Asked) => {
        const here = !broken && asked.options.seed === '7/outer-0/study-0-1/step-0';
        broken ||= here;
        return here;
      };
    };

    it('finishes and records the other studies first', async () => {
      const { soar, calls } = stage(settingsWith(), breaksOnce());
      await expect(outerStep(soar, initialState(), new CopyingMemory(calls))).rejects.toThrow('the engine broke');
      expect(told(calls).filter((line) => line.startsWith('memory study'))).toEqual(
        ['0-0', '1-0', '1-1'].map((name) => `memory study ${name}`),
      );
      expect(told(calls)).toContain('baseline/1 release');
      expect(told(calls)).not.toContain('teacher update');
      expect(told(calls)).not.toContain('baseline load');
    });

    it('redoes nothing that was recorded, and comes to the same outcome', async () => {
      const whole = stage();
      const expected = await outerStep(whole.soar, initialState(), new CopyingMemory());
      const memory = new CopyingMemory();
      const broken = stage(settingsWith(), breaksOnce());
      await outerStep(broken.soar, initialState(), memory).catch(() => {});
      const again = stage();
      expect(await outerStep(again.soar, initialState(), memory)).toEqual(expected);
      expect(told(again.calls)).toEqual([
        'baseline fork',
        'baseline/0 sample',
        'baseline/0 update',
        'baseline/0 sample',
        'baseline/0 save',
        'baseline/0 release',
        'baseline load',
        'teacher update',
      ]);
      expect(again.teacher.weights).toEqual(whole.teacher.weights);
      expect(again.baseline.weights).toEqual(whole.baseline.weights);
      const batchOf = (calls: readonly Call[]) => calls.at(-1)?.batch;
      expect(batchOf(again.calls)).toEqual(batchOf(whole.calls));
    });
  });

  it('stops between inner steps when told to, keeping what is finished', async () => {
    const { soar, calls } = stage();
    const stop = new AbortController();
    const run = outerStep(
      { ...soar, concurrentStudies: 1, signal: stop.signal, progress: { studied: () => stop.abort() } },
      initialState(),
      new CopyingMemory(calls),
    );
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(told(calls).filter((line) => line.startsWith('memory study'))).toEqual(['memory study 0-0']);
  });

  it('without a promotion keeps the baseline, carries the window and still teaches', async () => {
    const { soar, baseline, calls } = stage(settingsWith({ promotion: { window: 3 } }));
    const outcome = await outerStep(soar, { ...initialState(), step: 4, window: [0.125] }, new CopyingMemory());
    expect(outcome).toMatchObject({ movingAverage: 0.375, state: { step: 5, window: [0.125, 0.625], promotions: [] } });
    expect(outcome).not.toHaveProperty('promotion');
    expect(baseline.weights).toEqual(new Float32Array([0, 0]));
    expect(told(calls).at(-1)).toBe('teacher update');
  });

  it('pays for learnability without training a student, and still teaches', async () => {
    const reward = { kind: 'learnability', samples: 4 };
    const settings = settingsWith({
      teacher: { kl: { coefficient: 0 }, reward },
      promotion: { window: 1, threshold: -1, enabled: false },
    });
    const { soar, calls, teacher } = stage(settings);
    const outcome = await outerStep(soar, initialState(), new CopyingMemory());
    // Of the four answers to each question one is right: 1 - 1/4, for both datasets alike.
    expect(outcome.datasetRewards).toEqual([0.75, 0.75]);
    expect(outcome).not.toHaveProperty('promotion');
    expect(calls.filter(({ policy, call }) => call === 'update' && policy !== 'teacher')).toEqual([]);
    expect(teacher.weights[1]).toBe(1);
  });

  it('studies longer after a promotion, against the accuracy of the new baseline', async () => {
    const { soar, baseline, calls } = stage();
    baseline.weights[0] = 3;
    const promotions = [{ step: 0, dataset: 1, repeat: 0, movingAverage: 0.1 }];
    const outcome = await outerStep(soar, { ...initialState(), step: 1, promotions }, new CopyingMemory());
    expect(studySeeds(calls)).toHaveLength(8);
    expect(outcome.baselineAccuracy).toBe(0.75);
    expect(outcome.studies.flat().map(({ reward }) => reward)).toEqual([-0.5, -0.25, 0, 0.25]);
  });

  it('takes more samples for the accuracy of the baseline when told to', async () => {
    const reward = { questions: 4, decoding: 'sampled', samplesPerQuestion: 2, baselineSamplesPerQuestion: 8 };
    const { soar, calls } = stage(settingsWith({ reward }));
    await outerStep(soar, initialState(), new CopyingMemory());
    const exams = calls.filter(({ prompts }) => prompts?.[0].startsWith('h'));
    expect(exams.map(({ options }) => options?.samplesPerPrompt)).toEqual([8, 2, 2, 2, 2]);
    expect(new Set(exams.map(({ options }) => options?.seed)).size).toBe(5);
  });

  it.each([
    ['base', 'base'],
    ['baseline', 'baseline'],
  ])("holds students to the %s when the KL reference is '%s'", async (policy, reference) => {
    const student = { promptsPerStep: 2, groupSize: 2, kl: { coefficient: 0.1, reference } };
    const { soar, calls } = stage(settingsWith({ student }));
    await outerStep(soar, initialState(), new CopyingMemory());
    expect(told(calls).filter((line) => line.endsWith('logprobs'))).toEqual(Array(4).fill(`${policy} logprobs`));
  });

  it.each([
    ['after the last outer step', { outerSteps: 3 }, 2, 'outer-steps'],
    ['not before it', { outerSteps: 4 }, 2, null],
    // The promoted student solves 3 of 4.
    ['once the baseline is good enough', { stop: { baselineAccuracy: 0.7 } }, 0, 'baseline-accuracy'],
    ['not at just that accuracy', { stop: { baselineAccuracy: 0.75 } }, 0, null],
  ])('is finished %s', async (_, changes, step, finished) => {
    const { soar } = stage(settingsWith(changes));
    const state: SoarState = { ...initialState(), step };
    expect((await outerStep(soar, state, new CopyingMemory())).state.finished).toBe(finished);
  });

  it('refuses a memory whose reward questions are not among the hard ones', async () => {
    const memory = new CopyingMemory();
    await outerStep(stage().soar, initialState(), memory);
    const { soar } = stage();
    await expect(outerStep({ ...soar, hardTrain: hardTrain.slice(1) }, initialState(), memory)).rejects.toThrow(
      expect.objectContaining({ code: 'METHOD_UNKNOWN_QUESTION' }),
    );
  });

  it('tells its progress', async () => {
    const seen: string[] = [];
    const { soar } = stage();
    const progress: Soar['progress'] = {
      proposed: (record) => seen.push(`proposed ${record.proposals.length}`),
      studying: (dataset, repeat, { step }) => seen.push(`studying ${dataset}-${repeat} step ${step}`),
      studied: ({ dataset, repeat, accuracy }) => seen.push(`studied ${dataset}-${repeat} ${accuracy}`),
    };
    await outerStep({ ...soar, concurrentStudies: 1, progress }, initialState(), new CopyingMemory());
    expect(seen.slice(0, 3)).toEqual(['proposed 4', 'studying 0-0 step 0', 'studied 0-0 0.25']);
    expect(seen).toHaveLength(9);
  });
});
