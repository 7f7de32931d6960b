/**
 * Learning-rate schedules: a linear warm-up to the peak, then cosine decay, linear decay, or constant. Pure functions of
 * the step's number, so that a resumed training needs no schedule state.
 */
import { z } from 'zod';

const fields = z.strictObject({
  kind: z
    .enum(['cosine', 'linear', 'constant'])
    .describe('Shape after the warm-up: decay to the floor, or stay at the peak.'),
  learningRate: z.number().min(0).describe('Peak learning rate; 0 freezes the policy.'),
  warmupSteps: z
    .int()
    .min(0)
    .describe(
      'Steps of linear warm-up; step s (from 0) has (s + 1) / warmupSteps of the peak, so no step is wasted at rate 0.',
    ),
  horizon: z
    .union([z.literal('run'), z.int().min(1)])
    .describe(
      "Step, counted from the start, at which the decay reaches its floor; 'run' takes the training's own length. The rate stays at the floor beyond it.",
    ),
  floor: z.number().min(0).max(1).describe('Share of the peak that is left at the horizon.'),
});

export type Schedule = z.output<typeof fields>;

/** The schema with a section's own defaults. */
export function scheduleSchema(defaults: Schedule) {
  return z
    .strictObject({
      kind: fields.shape.kind.default(defaults.kind),
      learningRate: fields.shape.learningRate.default(defaults.learningRate),
      warmupSteps: fields.shape.warmupSteps.default(defaults.warmupSteps),
      horizon: fields.shape.horizon.default(defaults.horizon),
      floor: fields.shape.floor.default(defaults.floor),
    })
    .superRefine((schedule, context) => {
      if (schedule.kind !== 'constant' && schedule.horizon !== 'run' && schedule.warmupSteps >= schedule.horizon) {
        context.addIssue({
          code: 'custom',
          path: ['warmupSteps'],
          message: `warm-up (${schedule.warmupSteps} steps) must end before the horizon (${schedule.horizon}): lower warmupSteps or raise horizon`,
        });
      }
    });
}

/** The rate of optimizer step `step` (from 0) of a training of `length` steps. */
export function learningRate(schedule: Schedule, step: number, length: number): number {
  const { kind, learningRate: peak, warmupSteps, floor } = schedule;
  if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
  if (kind === 'constant') return peak;
  const horizon = schedule.horizon === 'run' ? length : schedule.horizon;
  const progress = horizon > warmupSteps ? Math.min(1, (step - warmupSteps) / (horizon - warmupSteps)) : 1;
  const left = kind === 'cosine' ? (1 + Math.cos(Math.PI * progress)) / 2 : 1 - progress;
  return peak * (floor + (1 - floor) * left);
}
