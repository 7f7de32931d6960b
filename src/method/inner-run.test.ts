import { expect, it } from 'vitest';
import { type Call, plainDomain, ScriptedPolicy } from '../../test/method/scripted.js';
import type { Problem } from '../problems/problem.js';
import { type InnerRun, innerRun, innerSteps } from './inner-run.js';
import { soarSettingsSchema } from './settings.js';

const dataset: Problem[] = [0, 1, 2, 3].map((i) => ({ id: `${i}`, question: `q${i}`, gold: '1', source: 'teacher' }));

function run(calls: Call[], complete: () => string): InnerRun {
  return {
    baseline: new ScriptedPolicy('baseline', { complete, learn: (weights) => void weights.fill(9) }, calls),
    domain: plainDomain,
    dataset,
    steps: 3,
    settings: soarSettingsSchema.parse({ student: { promptsPerStep: 2, groupSize: 2, kl: { coefficient: 0 } } })
      .student,
    seed: '7/outer-0/study-0-0',
  };
}

it.each([
  [0, 10],
  [1, 15],
  [2, 20],
  [3, 20],
])('after %d promotions an inner run has %d steps', (promotions, steps) => {
  expect(innerSteps(soarSettingsSchema.parse({}).inner, promotions)).toBe(steps);
});

it('trains a fork on the dataset alone and leaves the baseline as it was', async () => {
  const calls: Call[] = [];
  const inner = run(calls, () => '=1.');
  const { student, steps } = await innerRun(inner);
  expect(steps).toHaveLength(3);
  const prompts = calls.flatMap((call) => call.prompts ?? []);
  expect(prompts).toHaveLength(6);
  expect(prompts.slice(0, 4).sort()).toEqual(['q0?', 'q1?', 'q2?', 'q3?']);
  expect((student as ScriptedPolicy).weights).toEqual(new Float32Array([9, 9]));
  expect((inner.baseline as ScriptedPolicy).weights).toEqual(new Float32Array(2));
});

it('releases the student when its training fails', async () => {
  const calls: Call[] = [];
  const broken = run(calls, () => {
    throw new Error('broken');
  });
  await expect(innerRun(broken)).rejects.toThrow('broken');
  expect(calls.map(({ policy, call }) => `${policy} ${call}`)).toEqual([
    'baseline fork',
    'baseline/0 sample',
    'baseline/0 release',
  ]);
});
