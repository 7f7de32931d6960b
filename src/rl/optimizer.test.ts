import { expect, it } from 'vitest';
import { optimizerSchema, optimizerStep } from './optimizer.js';

it('makes an optimizer step of the section and the schedule', () => {
  const settings = optimizerSchema({ beta2: 0.95 }).parse({ maxGradNorm: 1 });
  expect(optimizerStep(settings, 0.003)).toEqual({
    learningRate: 0.003,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
  });
});

it.each([{ beta1: 1 }, { beta2: -0.1 }, { epsilon: 0 }, { weightDecay: -1 }, { lr: 1 }])('refuses %j', (section) => {
  expect(optimizerSchema().safeParse(section).success).toBe(false);
});
