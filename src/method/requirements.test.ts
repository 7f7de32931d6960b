import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../engine/engine.js';
import { planEngine } from './requirements.js';
import { soarSettingsSchema } from './settings.js';

const all: Capabilities = {
  klLoss: true,
  snapshots: true,
  fullFineTuning: true,
  topP: true,
  topK: true,
  stopStrings: true,
  maxPolicies: Number.POSITIVE_INFINITY,
  trainableForks: true,
  fixedOptimizer: {},
  readableStates: true,
  seededSampling: true,
  exactMetrics: true,
};
const plan = (section: object, capabilities: Partial<Capabilities> = {}) =>
  planEngine(soarSettingsSchema.parse(section), { name: 'fake', capabilities: { ...all, ...capabilities } });
const noKl = { teacher: { kl: { coefficient: 0 } }, student: { kl: { coefficient: 0 } } };

describe('planEngine', () => {
  it('keeps a reference where KL needs one', () => {
    expect(plan({})).toEqual({ reference: true, concurrentStudies: 16 });
    expect(plan(noKl)).toEqual({ reference: false, concurrentStudies: 16 });
    expect(plan({ ...noKl, student: { kl: { reference: 'baseline' } } }).reference).toBe(false);
  });

  it('runs as many studies at a time as the engine keeps policies beside teacher, baseline and reference', () => {
    expect(plan({}, { maxPolicies: 7 }).concurrentStudies).toBe(4);
    expect(plan(noKl, { maxPolicies: 7 }).concurrentStudies).toBe(5);
  });

  it.each<[string, object, Partial<Capabilities>]>([
    ['a KL loss', {}, { klLoss: false }],
    ['exact snapshots', noKl, { snapshots: false }],
    ['nucleus sampling', { student: { sampling: { topP: 0.9 } } }, { topP: false }],
    ['top-k sampling', { teacher: { sampling: { topK: 5 } } }, { topK: false }],
    ['new baselines', noKl, { trainableForks: false }],
    [
      'beta2 0.9 for the teacher (it is 0.95',
      { ...noKl, teacher: { optimizer: { beta2: 0.9 } } },
      { fixedOptimizer: { beta2: 0.95 } },
    ],
    ['epsilon 1e-8 for the teacher (it is whatever', noKl, { fixedOptimizer: { epsilon: 'unknown' } }],
    ['4 policies at once (it keeps 3)', {}, { maxPolicies: 3 }],
    ['3 policies at once (it keeps 2)', noKl, { maxPolicies: 2 }],
  ])('refuses an engine without %s', (what, section, lack) => {
    expect(() => plan(section, lack)).toThrow(
      expect.objectContaining({ code: 'METHOD_CAPABILITY_MISSING', message: expect.stringContaining(what) }),
    );
  });

  it('takes an engine without a KL loss for the reward form', () => {
    const inReward = { kl: { form: 'reward' } };
    expect(plan({ teacher: inReward, student: inReward }, { klLoss: false }).reference).toBe(true);
  });
});
