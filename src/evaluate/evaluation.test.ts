import { describe, expect, it } from 'vitest';
import { type Asked, type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import { soarSettingsSchema } from '../method/index.js';
import type { Problem } from '../problems/problem.js';
import type { ArmResult } from './arm-result.js';
import { runArmUnit } from './arm-unit.js';
import { type Evaluation, type EvaluationMemory, evaluateArms, planEvaluation } from './evaluation.js';
import { passByProblem } from './pass-at-k.js';
import { type ArmName, evaluateSettingsSchema } from './settings.js';

const problems = (prefix: string, count: number): Problem[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${i}`,
    question: `${prefix}${i}`,
    gold: 'yes',
    source: 'test',
  }));

/** Solves the first completions of a prompt, one more for each update so far; problem t1 of the test never. */
const script = {
  complete: ({ prompt, index, weights }: Asked) => {
    if (prompt === '>') return index % 2 === 0 ? `b${index}|yes.` : 'no mark.';
    return index < weights[0] && prompt !== 't1?' ? 'x=yes.' : index === 7 ? 'x=no.' : 'xy';
  },
  learn: (weights: Float32Array) => {
    weights[0] += 1;
  },
};

const soar = soarSettingsSchema.parse({
  datasetSize: 8,
  teacher: { kl: { coefficient: 0 } },
  student: { promptsPerStep: 4, groupSize: 2, kl: { coefficient: 0 } },
});
const settings = {
  arms: ['base', 'hard-only', 'pq', 'ps'],
  seeds: 2,
  ks: [1, 8],
  samplesPerProblem: 8,
  training: { steps: 3 },
  questions: { mixing: 'half', sampled: 6 },
};

function scene(change: { settings?: object; promotions?: Problem[][]; promoted?: number[] } = {}) {
  const calls: Call[] = [];
  const opened: ScriptedPolicy[] = [];
  const open = (name: string, weight = 0) => {
    const policy = new ScriptedPolicy(name, script, calls);
    policy.weights[0] = weight;
    opened.push(policy);
    return Promise.resolve(policy);
  };
  const evaluation: Evaluation = {
    policies: {
      base: () => open('base'),
      teacher: () => open('teacher'),
      promoted: (index) => open(`promoted-${index}`, (change.promoted ?? [2, 5])[index]),
    },
    domain: plainDomain,
    hardTrain: problems('h', 8),
    hardTest: problems('t', 2),
    promotions: change.promotions ?? [problems('p', 4), problems('q', 4)],
    soar,
    settings: evaluateSettingsSchema.parse({ ...settings, ...change.settings }),
    seed: '7',
  };
  return { evaluation, calls, opened };
}

class KeepingMemory implements EvaluationMemory {
  readonly results: ArmResult[] = [];
  accuracies: readonly number[] | undefined;
  result(arm: ArmName, seed: number) {
    return this.results.find((one) => one.arm === arm && one.seed === seed);
  }
  async recordResult(result: ArmResult) {
    this.results.push(JSON.parse(JSON.stringify(result)));
  }
  promotedAccuracies() {
    return this.accuracies;
  }
  async recordPromotedAccuracies(accuracies: readonly number[]) {
    this.accuracies = accuracies;
  }
}

const sampled = (calls: readonly Call[], policy: string) =>
  calls.filter((one) => one.call === 'sample' && one.policy === policy);

describe('runArmUnit', () => {
  it('base: answers as it is', async () => {
    const { evaluation, calls, opened } = scene();
    expect(await runArmUnit(evaluation, 'base', 0)).toEqual({
      arm: 'base',
      seed: 0,
      samples: 8,
      successes: [0, 0],
      // Completion 7 of each problem.
      answered: 1 / 8,
      questions: 0,
      // 2 problems, 7 completions of 2 characters and one of 5.
      cost: { tokensSampled: 2 * (7 * 2 + 5), tokensTrained: 0, graded: 16 },
    });
    expect(calls.filter((one) => one.call === 'update')).toEqual([]);
    expect(opened.map((policy) => policy.released)).toEqual([true]);
  });

  it('hard-only: trains on the hard training problems alone, then answers the held-out ones', async () => {
    const { evaluation, calls, opened } = scene();
    const result = await runArmUnit(evaluation, 'hard-only', 1);
    const asked = sampled(calls, 'base');
    expect(asked).toHaveLength(4);
    for (const { prompts = [], options } of asked.slice(0, 3)) {
      expect(prompts).toHaveLength(4);
      expect(prompts.every((prompt) => /^h\d\?$/.test(prompt))).toBe(true);
      expect(options?.samplesPerPrompt).toBe(2);
    }
    expect(asked[3].prompts).toEqual(['t0?', 't1?']);
    // Three updates: the first three completions of t0.
    expect(result.successes).toEqual([3, 0]);
    // At step s the first s of two completions are right.
    expect(result.training?.correct).toEqual([0, 0.5, 1]);
    expect(result.training?.heldOut).toEqual([]);
    expect(result.cost.graded).toBe(3 * 8 + 16);
    expect(opened.every((policy) => policy.released)).toBe(true);
  });

  it('hard-only-x4: the same with four times the completions', async () => {
    const { evaluation, calls } = scene();
    await runArmUnit(evaluation, 'hard-only-x4', 0);
    expect(sampled(calls, 'base')[0].options?.samplesPerPrompt).toBe(8);
  });

  it('pq: half of every batch are promotion questions of all promotions', async () => {
    const { evaluation, calls } = scene();
    const result = await runArmUnit(evaluation, 'pq', 0);
    const batches = sampled(calls, 'base').slice(0, 3);
    for (const { prompts = [] } of batches) expect(prompts.filter((prompt) => /^[pq]/.test(prompt))).toHaveLength(2);
    expect(new Set(batches.flatMap(({ prompts = [] }) => prompts).map((prompt) => prompt[0]))).toEqual(
      new Set(['h', 'p', 'q']),
    );
    expect(result.questions).toBe(8);
  });

  it.each([
    ['base-t', 'base'],
    ['grounded-t', 'teacher'],
  ] as const)('%s: trains on questions that the policy `%s` was asked for', async (arm, teacher) => {
    const { evaluation, calls, opened } = scene();
    const result = await runArmUnit(evaluation, arm, 0);
    expect(sampled(calls, teacher)[0].prompts).toEqual(['>']);
    const trained = sampled(calls, 'base').filter(({ prompts }) => prompts?.[0] !== '>');
    expect(
      trained
        .slice(0, 3)
        .flatMap(({ prompts = [] }) => prompts)
        .filter((one) => one[0] === 'b'),
    ).toHaveLength(6);
    expect(result.questions).toBe(6);
    expect(opened).toHaveLength(2);
    expect(opened.every((policy) => policy.released)).toBe(true);
  });

  it('ps: the promoted student answers as it is', async () => {
    const { evaluation } = scene();
    expect((await runArmUnit(evaluation, 'ps', 0, 1)).successes).toEqual([5, 0]);
  });

  it('looks at the held-out problems along the way when asked to', async () => {
    const { evaluation } = scene({ settings: { curve: { every: 2, samplesPerProblem: 4 } } });
    const result = await runArmUnit(evaluation, 'hard-only', 0);
    // After 0 and 2 steps: 0 and 2 of 8 completions.
    expect(result.training?.heldOut).toEqual([
      { step: 0, correct: 0 },
      { step: 2, correct: 0.25 },
    ]);
  });

  it('ends a training after its plateau, and answers by the students of those steps', async () => {
    const plateau = { window: 3, averageSteps: 2, every: 1 };
    const training = { steps: 10, checkpoint: 'plateau', plateau };
    const result = await runArmUnit(scene({ settings: { training } }).evaluation, 'hard-only', 0);
    // Rewards 0, 60, 120, 120, ...; averages of three 60, 100, 120, 120: flat from step 4 on. Two steps more are averaged over.
    expect(result.training?.reward).toEqual([0, 60, 120, 120, 120, 120]);
    expect(result.looks).toEqual([
      [5, 0],
      [6, 0],
    ]);
    expect(result.successes).toEqual([6, 0]);
    expect(passByProblem(result, 1)).toEqual([(5 + 6) / 16, 0]);
  });

  it('without a plateau the last student answers, once', async () => {
    const training = { steps: 2, checkpoint: 'plateau', plateau: { window: 3, averageSteps: 2, every: 1 } };
    const result = await runArmUnit(scene({ settings: { training } }).evaluation, 'hard-only', 0);
    expect(result).not.toHaveProperty('looks');
    expect(result.successes).toEqual([2, 0]);
  });

  it('long: four times the steps; teacher-solver: the teacher answers as it is', async () => {
    const long = await runArmUnit(scene().evaluation, 'hard-only-long', 0);
    expect(long.training?.reward).toHaveLength(12);
    const { evaluation, calls } = scene();
    const solver = await runArmUnit(evaluation, 'teacher-solver', 0);
    expect(solver).not.toHaveProperty('training');
    expect(sampled(calls, 'teacher').map(({ prompts }) => prompts)).toEqual([['t0?', 't1?']]);
  });

  it('real problems: as many as asked for, or all', async () => {
    const of = { ...scene({ settings: { questions: { mixing: 'half', real: 3 } } }).evaluation };
    const realProblems = problems('r', 9);
    expect((await runArmUnit({ ...of, realProblems }, 'real', 0)).questions).toBe(3);
    expect((await runArmUnit({ ...of, realProblems }, 'real-all', 0)).questions).toBe(9);
  });

  it('subsets of the promotion questions by what the domain can tell of them', async () => {
    const assess = (question: string) => ({
      wellPosed: question !== 'p0',
      correct: !['p1', 'q2'].includes(question),
      error: null,
    });
    const evaluation = { ...scene().evaluation, domain: { ...plainDomain, assess } };
    expect((await runArmUnit(evaluation, 'pq-well-posed', 0)).questions).toBe(7);
    expect((await runArmUnit(evaluation, 'pq-correct', 0)).questions).toBe(5);
  });

  it('samples from streams of its own, arm by arm and seed by seed', async () => {
    const seeds = async (arm: ArmName, seed: number) => {
      const { evaluation, calls } = scene();
      await runArmUnit(evaluation, arm, seed);
      return sampled(calls, 'base').map(({ options }) => options?.seed);
    };
    const all = [...(await seeds('hard-only', 0)), ...(await seeds('hard-only', 1)), ...(await seeds('pq', 0))];
    expect(new Set(all).size).toBe(12);
    expect(await seeds('pq', 0)).toEqual(all.slice(8));
  });

  it('releases its policies when something fails', async () => {
    const { evaluation, opened } = scene();
    const domain = { ...plainDomain, grade: () => Promise.reject(new Error('verifier gone')) };
    await expect(runArmUnit({ ...evaluation, domain }, 'hard-only', 0)).rejects.toThrow('verifier gone');
    expect(opened.map((policy) => policy.released)).toEqual([true]);
  });
});

describe('planEvaluation', () => {
  it('lists arms by seeds', () => {
    const { units, skipped } = planEvaluation(scene().evaluation);
    expect(units).toHaveLength(8);
    expect(units[3]).toEqual({ arm: 'hard-only', seed: 1 });
    expect(skipped).toEqual([]);
  });

  it('leaves out what a run without promotions cannot have, and says why', () => {
    const arms = ['base', 'pq', 'ps', 'base-t'];
    const { evaluation } = scene({ promotions: [], settings: { arms, questions: { sampled: 'as-promoted' } } });
    const { units, skipped } = planEvaluation(evaluation);
    expect(new Set(units.map(({ arm }) => arm))).toEqual(new Set(['base']));
    expect(skipped.map(({ arm }) => arm)).toEqual(['pq', 'ps', 'base-t']);
    expect(skipped[0].reason).toBe('the run promoted nothing');
  });

  it('needs a teacher for grounded-t', () => {
    const { evaluation } = scene({ settings: { arms: ['grounded-t'] } });
    const { base, promoted } = evaluation.policies;
    expect(planEvaluation({ ...evaluation, policies: { base, promoted } }).skipped).toEqual([
      { arm: 'grounded-t', reason: 'there is no trained teacher' },
    ]);
  });
});

describe('evaluateArms', () => {
  it('gives results by arm and seed, the same however many units run side by side', async () => {
    const one = await evaluateArms({ ...scene().evaluation, concurrentUnits: 1 }, new KeepingMemory());
    const all = await evaluateArms(scene().evaluation, new KeepingMemory());
    expect(one.results.map(({ arm, seed }) => `${arm}-${seed}`)).toEqual(
      ['base', 'hard-only', 'pq', 'ps'].flatMap((arm) => [`${arm}-0`, `${arm}-1`]),
    );
    expect(all).toEqual(one);
  });

  it('leaves plain JSON with finite numbers, and does nothing twice', async () => {
    const memory = new KeepingMemory();
    const first = await evaluateArms(scene().evaluation, memory);
    const { evaluation, calls, opened } = scene();
    expect(await evaluateArms(evaluation, memory)).toEqual(first);
    expect(calls).toEqual([]);
    expect(opened).toEqual([]);
  });

  it('shows the promoted student that is best, greedily, on the hard training problems, and the later of equals', async () => {
    // A greedy answer is completion 0: right for any student that has learnt anything.
    const choose = async (promoted: number[], promotedStudent: 'best' | 'last' = 'best') => {
      const memory = new KeepingMemory();
      const promotions = promoted.map((_, i) => problems(`p${i}`, 4));
      const { evaluation } = scene({ promoted, promotions, settings: { arms: ['ps'], seeds: 1, promotedStudent } });
      const { results } = await evaluateArms(evaluation, memory);
      return { accuracies: memory.accuracies, successes: results[0].successes };
    };
    expect(await choose([3, 0])).toEqual({ accuracies: [1, 0], successes: [3, 0] });
    expect(await choose([3, 4, 0])).toEqual({ accuracies: [1, 1, 0], successes: [4, 0] });
    expect(await choose([3, 4, 0], 'last')).toEqual({ accuracies: undefined, successes: [0, 0] });
  });
});
