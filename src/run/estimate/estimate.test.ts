import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scriptedBench, scriptedConfig } from '../../../test/scripted-run.js';
import { type ArmName, armNames } from '../../evaluate/settings.js';
import { resolveConfig } from '../config/config.js';
import { startRun } from '../run.js';
import type { Work } from '../usage.js';
import { assumptionsOf, paperHardSet } from './assumptions.js';
import { type Estimate, estimateRun } from './estimate.js';
import { armTraining } from './evaluation.js';
import { newQuestions } from './loop.js';
import { estimateScreening } from './prepare.js';
import { estimateStudy } from './study.js';

const paper = (...sets: string[]) => resolveConfig({ preset: 'paper', sets });
const rowOf = ({ rows }: Estimate, part: string) => {
  const found = rows.find((row) => row.part === part);
  if (!found) throw new Error(`no row ${part}: ${rows.map((row) => row.part)}`);
  return found;
};
const least = (estimate: Estimate, part: string): Work => rowOf(estimate, part).total.least;

// method.md 1.5 and 1.7, at the settings of Table 3 and without a promotion.
describe("the paper's figures", () => {
  const estimate = estimateRun(paper(), paperHardSet);

  it('2,560 completions per inner run, 40,960 per outer step', () => {
    expect(rowOf(estimate, 'inner runs').each.completions).toBe(40_960);
    expect(rowOf(estimate, 'inner runs').each.completions / 16).toBe(2560);
  });
  it('1,088 greedy evaluations in the first outer step: 16 students and the baseline on 64 questions', () => {
    expect(rowOf(estimate, 'examinations').each.completions).toBe(1088);
  });
  it('51,200 accepted proposals in 200 steps, each of them in the gradient', () => {
    expect(least(estimate, 'proposals').completions).toBe(51_200);
    // 300 tokens of prompt and 128 of completion each.
    expect(least(estimate, 'teacher update').trainedPromptTokens).toBe(51_200 * 300);
    expect(least(estimate, 'teacher update').trainedTokens).toBe(51_200 * 128);
    // 3 of 4 accepted: 256 / 0.75 per step.
    expect(rowOf(estimate, 'proposals').each.completions).toBeCloseTo(341.33, 2);
  });
  it('8.2 million student completions in 200 steps', () => {
    expect(least(estimate, 'inner runs').completions).toBe(8_192_000);
    // At most: 10 steps, then 15 from step 3, then 20 from step 6.
    expect(rowOf(estimate, 'inner runs').total.most.completions).toBe((3 * 10 + 3 * 15 + 194 * 20) * 16 * 256);
    // Expected: promotions after a quarter, a half and three quarters; 10, 15, 20, 20 steps.
    expect(rowOf(estimate, 'inner runs').total.expected.completions).toBe(50 * (10 + 15 + 20 + 20) * 16 * 256);
  });
  it('counts prompts once per group, tokens by their length, and what the reference scores', () => {
    const inner = least(estimate, 'inner runs');
    expect(inner.prefilledTokens).toBe((8_192_000 / 32) * 200);
    expect(inner.cachedTokens).toBe((8_192_000 / 32) * 31 * 200);
    expect(inner.sampledTokens).toBe(8_192_000 * 256);
    // KL 0.001: all rollouts are trained on and scored.
    expect(inner.trainedTokens).toBe(8_192_000 * 256);
    expect(least(estimate, 'reference').prefilledTokens).toBe(8_192_000 * (200 + 256) + 51_200 * (300 + 128));
  });
  it('1,500 steps of 8 x 32 per fresh student, and 32 answers to each held-out problem', () => {
    const of = rowOf(estimate, 'hard-only');
    expect(of.times).toBe(6);
    expect(of.each.completions).toBe(1500 * 256 + 360 * 32);
    // Without a promotion arms pq and ps are not run.
    expect(least(estimate, 'pq').completions).toBe(0);
    expect(rowOf(estimate, 'pq').total.expected).toEqual(of.total.expected);
    // Three promoted students on the 359 training problems.
    expect(rowOf(estimate, 'ps: which promotion').total.expected.completions).toBe(3 * 359);
  });
  it('sums to its total, which rises from case to case', () => {
    for (const name of ['least', 'expected', 'most'] as const) {
      const sum = estimate.rows.reduce((all, row) => all + row.total[name].sampledTokens, 0);
      expect(estimate.total[name].sampledTokens).toBe(sum);
    }
    const { total } = estimate;
    expect(total.least.sampledTokens).toBeLessThan(total.expected.sampledTokens);
    expect(total.expected.sampledTokens).toBeLessThan(total.most.sampledTokens);
  });
  it('has a bill where there are prices, storage once', () => {
    expect(estimate.bill).toBeNull();
    const priced = estimateRun(
      paper('prices={tokens: {prefill: 0, sample: 1, train: 0}, storage: {gigabytes: 10, perGigabyteMonth: 0.1}}'),
      paperHardSet,
    );
    expect(priced.bill?.expected.money).toBeCloseTo(estimate.total.expected.sampledTokens / 1e6 + 1, 6);
    const gpus = estimateRun(
      paper('prices={gpus: {count: 8, perHour: 3, sampledPerSecond: 2000, trainedPerSecond: 1.0e9}}'),
      paperHardSet,
    );
    const { gpuHours, money } = gpus.bill?.least ?? {};
    expect(gpuHours).toBeCloseTo(estimate.total.least.sampledTokens / 2000 / 3600, 0);
    expect(money).toBeCloseTo((gpuHours as number) * 3, 6);
  });
});

describe('other settings', () => {
  it('leaves rollouts without an advantage out where there is no KL', () => {
    const estimate = estimateRun(paper('soar.student.kl.coefficient=0', 'soar.teacher.kl.coefficient=0'), paperHardSet);
    const inner = rowOf(estimate, 'inner runs').total;
    expect(inner.expected.trainedTokens).toBe(inner.expected.sampledTokens / 2);
    expect(inner.most.trainedTokens).toBe(inner.most.sampledTokens);
    expect(estimate.rows.some(({ role }) => role === 'base')).toBe(false);
  });
  it('on a service, a KL loss reads what is trained on in a pass of its own: 8,192,000 x 456 and 51,200 x 428 tokens', () => {
    const service = (more = '') => [`engine={kind: tinker, baseUrl: "http://127.0.0.1:8000"${more}}`];
    const inner = (8_192_000 / 32) * 200;
    const counts = (...sets: string[]) => {
      const estimate = estimateRun(paper(...sets), paperHardSet);
      return [least(estimate, 'inner runs').prefilledTokens - inner, least(estimate, 'teacher update').prefilledTokens];
    };
    expect(counts(...service())).toEqual([8_192_000 * (200 + 256), 51_200 * (300 + 128)]);
    // 1,500 steps of 8 x 32 rollouts for each of 6 students.
    const arms = (sets: string[]) => least(estimateRun(paper(...sets), paperHardSet), 'hard-only').prefilledTokens;
    expect(arms(service()) - arms([])).toBe(6 * 1500 * 256 * (200 + 256));
    expect(counts()).toEqual([0, 0]);
    expect(counts(...service(), 'soar.student.kl.form=reward')).toEqual([0, 51_200 * 428]);
    const none = ['soar.student.kl.coefficient=0', 'soar.teacher.kl.coefficient=0'];
    expect(counts(...service(), ...none)).toEqual([0, 0]);
    // Twinkle clips ratios: read first whatever the loss; a quarter of the rollouts has an advantage.
    expect(counts(...service(', profile: twinkle'), ...none)).toEqual([(8_192_000 / 4) * 456, 51_200 * 428]);
  });
  it('a learnability reward: 32 answers per question and no inner run (8,192 per step, method.md 4.6)', () => {
    const estimate = estimateRun(
      paper('soar.teacher.reward.kind=learnability', 'soar.promotion.enabled=false'),
      paperHardSet,
    );
    expect(rowOf(estimate, 'inner runs').each).toMatchObject({ completions: 8192, trainedTokens: 0 });
    expect(rowOf(estimate, 'examinations').each.completions).toBe(64);
  });
  it('two turns: a prompt of its own for every answer, and both turns in the gradient', () => {
    const estimate = estimateRun(paper('soar.proposals.form=multi-turn'), paperHardSet);
    const { completions, prefilledTokens } = least(estimate, 'proposals');
    expect(completions).toBe(2 * 51_200);
    expect(prefilledTokens).toBe(200 * 300 + 51_200 * 400);
    expect(least(estimate, 'teacher update').trainedPromptTokens).toBe(51_200 * 700);
  });
  it('a plateau ends trainings, and looks more often', () => {
    const estimate = estimateRun(paper('evaluate.training.checkpoint=plateau'), paperHardSet);
    // 25 + 200 steps at least, with looks at 50, 100, 150, 200.
    expect(least(estimate, 'hard-only').completions).toBe(6 * (225 * 256 + 4 * 360 * 32));
  });
  it('the built-in world screens its candidates', () => {
    const config = resolveConfig({ preset: 'programs' });
    const { candidates, attempts, train, test } = config.world;
    const row = rowOf(estimateRun(config, { train, test }), 'hard set');
    expect(row).toMatchObject({ role: 'base', times: 1 });
    expect(row.total.least.completions).toBe(candidates * attempts);
  });
  it('knows every arm', () => {
    const estimate = estimateRun(
      resolveConfig({ preset: 'programs', sets: [`evaluate.arms=[${armNames.join(', ')}]`] }),
      { train: 64, test: 64 },
    );
    const each = (arm: ArmName) => rowOf(estimate, arm).each;
    expect(each('base').completions).toBe(64 * 32);
    const trained = each('hard-only').completions - each('base').completions;
    expect(trained).toBeGreaterThan(0);
    for (const arm of armNames) expect(rowOf(estimate, arm).times).toBe(12);
    expect(armTraining.ps).toBeNull();
  });
});

describe('promotions', () => {
  const promotions = (sets: string[]) => {
    const { least, expected, most } = assumptionsOf(paper(...sets));
    return (t: number) => [least, expected, most].map((a) => a.promotionsBefore(t));
  };
  it('none; three at even distances; one per full window', () => {
    const at = promotions([]);
    expect(at(0)).toEqual([0, 0, 0]);
    expect(at(2)).toEqual([0, 0, 0]);
    expect(at(3)).toEqual([0, 0, 1]);
    expect(at(100)).toEqual([0, 2, 33]);
    expect(at(200)).toEqual([0, 3, 66]);
  });
  it('one per step after the first window where it is not cleared, and from the first where it need not be full', () => {
    expect([2, 3, 4, 5].map((t) => promotions(['soar.promotion.clearWindow=false'])(t)[2])).toEqual([0, 1, 2, 3]);
    expect([0, 1, 2].map((t) => promotions(['soar.promotion.requireFullWindow=false'])(t)[2])).toEqual([0, 1, 2]);
  });
  it('none where they are off', () => {
    expect(promotions(['soar.promotion.enabled=false'])(200)).toEqual([0, 0, 0]);
  });
});

it('new questions of a draw: 64 of 359, then 82 % of 64, ...', () => {
  expect(newQuestions(64, 359, 0)).toBe(64);
  expect(newQuestions(64, 359, 1)).toBeCloseTo(64 * (295 / 359), 12);
  expect(newQuestions(64, 64, 1)).toBe(0);
});

describe('against a run', () => {
  // It promotes at every step: the case `most` in all but the lengths. |Q_R| of 3 questions of 4 is asked anew of each baseline.
  const arms = ['base', 'hard-only', 'pq', 'ps'] as const;
  const config = scriptedConfig();
  const asked = { ...config, evaluate: { ...config.evaluate, arms: [...arms] } };

  it('counts the completions that the ledger of a scripted run counts, role by role', async () => {
    const runs = mkdtempSync(join(tmpdir(), 'soar-estimate-'));
    const bench = await scriptedBench();
    await startRun(asked, runs, { bench: async () => bench });
    rmSync(runs, { recursive: true });
    const { roles } = bench.ledger.total();
    const { rows } = estimateRun(asked, { train: 4, test: 4 });
    const most = (role: string) =>
      rows.filter((row) => row.role === role).reduce((sum, row) => sum + row.total.most.completions, 0);
    expect(roles.student?.completions).toBe(most('student'));
    expect(roles.evaluation?.completions).toBe(most('evaluation'));
  });
});

describe('a study', () => {
  const config = resolveConfig({ preset: 'smoke', sets: ['study.teachers=3', 'study.students=2'] });
  const { world, soar } = config;
  const estimate = estimateStudy(config, { train: world.train, test: world.test });

  it('makes every loop once per teacher, however many rows it feeds', () => {
    const inner = rowOf(estimate, 'soar: inner runs');
    expect(inner.times).toBe(3 * soar.outerSteps);
    expect(inner.total.most.completions).toBe(
      3 * rowOf(estimateRun(config, { train: world.train, test: world.test }), 'inner runs').total.most.completions,
    );
    expect(estimate.rows.filter(({ part }) => part === 'soar: inner runs')).toHaveLength(1);
  });
  it('cuts loops that never promote short, and trains no student for a learnability reward', () => {
    expect(rowOf(estimate, 'intrinsic: inner runs').times).toBe(3 * 2);
    expect(rowOf(estimate, 'intrinsic: inner runs').total.most.trainedTokens).toBe(0);
  });
  it('fills a cell per row, teacher and student, and looks for the second hard set', () => {
    expect(rowOf(estimate, 'hard-only').times).toBe(6);
    expect(estimate.rows.filter(({ part }) => part === 'hard set')).toHaveLength(2);
  });
});

describe('a screen', () => {
  const screening = (stopAtFirstSuccess: boolean) =>
    estimateScreening(paper(), { problems: 5000, attempts: 128, stopAtFirstSuccess });

  it('asks every problem so many times', () => {
    const { least, most } = rowOf(screening(false), 'screen').total;
    // The paper's MATH: 5,000 problems, 128 tries of at most 1,024 tokens.
    expect(most.completions).toBe(640_000);
    expect(most.sampledTokens).toBe(640_000 * 1024);
    expect(least.completions).toBe(640_000);
    expect(least.prefilledTokens).toBe(5000 * 200);
  });
  it('asks 8 times at least where it stops at a success', () => {
    const { least, most } = rowOf(screening(true), 'screen').total;
    expect([least.completions, most.completions]).toEqual([40_000, 640_000]);
  });
});
