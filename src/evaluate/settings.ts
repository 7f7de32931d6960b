/**
 * The config section `evaluate:`: which arms are compared at the end of a run and how (method.md 4). Defaults are the
 * paper's where it states one. A fresh student trains and answers with the settings of `soar.student`, less what is set here.
 */
import { z } from 'zod';
import type { SamplingSettings, StudentSettings } from '../method/index.js';
import { optimizerSchema } from '../rl/optimizer.js';
import { scheduleSchema } from '../rl/schedules.js';

/** In the order in which tables show them. */
export const armNames = [
  'base',
  'hard-only',
  'hard-only-x4',
  'hard-only-long',
  'base-t',
  'grounded-t',
  'teacher-solver',
  'pq',
  'pq-correct',
  'pq-well-posed',
  'ps',
  'real',
  'real-all',
] as const;
export type ArmName = (typeof armNames)[number];

const training = z.strictObject({
  steps: z.int().min(1).default(1500).describe('RLOO steps of a fresh student.'),
  checkpoint: z
    .enum(['last', 'plateau'])
    .default('last')
    .describe(
      "Which student answers the held-out problems: the last one, or those of the steps after its training reward has levelled off, on average (the paper's rule for MATH and HARP). The training then ends early.",
    ),
  plateau: z
    .strictObject({
      window: z.int().min(3).default(25).describe('Steps of the centred moving average of the training reward.'),
      slopeShare: z.number().gt(0).lt(1).default(0.15).describe('Flat is a slope below this share of the steepest.'),
      averageSteps: z.int().min(1).default(200).describe('Steps after the plateau begins that are averaged over.'),
      every: z.int().min(1).default(50).describe('Steps between two looks at the held-out problems there.'),
    })
    .prefault({})
    .describe('The rule of checkpoint: plateau (method.md 4.4).'),
  promptsPerStep: z.int().min(1).nullable().default(null).describe("Problems per step; null is soar.student's."),
  groupSize: z
    .int()
    .min(2, 'a leave-one-out group needs at least 2 completions: set groupSize to 2 or more')
    .nullable()
    .default(null)
    .describe("Completions per problem and step; null is soar.student's."),
  warmupSteps: z
    .int()
    .min(0)
    .default(20)
    .describe("Learning-rate warm-up, in place of the schedule's own. A curriculum goes without (method.md 1.2)."),
  schedule: scheduleSchema({ kind: 'cosine', learningRate: 1e-5, warmupSteps: 0, horizon: 'run', floor: 0 })
    .nullable()
    .default(null)
    .describe("Learning rate by step; null is soar.student's schedule."),
  optimizer: optimizerSchema().nullable().default(null).describe("null is soar.student's optimizer."),
});

const questions = z.strictObject({
  mode: z
    .enum(['mixed', 'curriculum'])
    .default('mixed')
    .describe(
      'Teacher questions and hard problems together throughout, or the questions first and then the hard problems.',
    ),
  mixing: z
    .enum(['union', 'half'])
    .default('union')
    .describe(
      'Mixed mode: uniform over the union, or half of every batch questions and half hard problems. Open in the paper; ours: union.',
    ),
  real: z.int().min(1).default(128).describe('Real problems in the training of arm real.'),
  curriculumSteps: z.int().min(1).default(64).describe('Curriculum mode: steps on the questions alone.'),
  sampled: z
    .union([z.literal('as-promoted'), z.int().min(1)])
    .default(128)
    .describe(
      "Questions sampled from a teacher (arms base-t and grounded-t); 'as-promoted' takes as many as there are promotion questions.",
    ),
});

export const evaluateSettingsSchema = z
  .strictObject({
    arms: z
      .array(z.enum(armNames))
      .refine((arms) => new Set(arms).size === arms.length, 'an arm is named twice: name each once')
      .default(['base', 'hard-only', 'pq', 'ps'])
      .describe('What is compared at the end of a run; empty leaves the evaluation out.'),
    seeds: z.int().min(1).default(6).describe('Independent students per arm (samplings, where an arm trains none).'),
    ks: z
      .array(z.int().min(1))
      .min(1)
      .refine((ks) => ks.every((k, i) => i === 0 || k > ks[i - 1]), 'list the ks in rising order, each once')
      .default([1, 4, 8, 16, 32])
      .describe('The k of pass@k.'),
    samplesPerProblem: z.int().min(1).default(32).describe('Completions per held-out problem.'),
    promotedStudent: z
      .enum(['best', 'last'])
      .default('best')
      .describe(
        'Whose student arm ps shows: of the promotion with the best greedy accuracy on all hard training problems (the paper), or of the last one.',
      ),
    temperature: z.number().gt(0).nullable().default(null).describe("Of those completions; null is soar.student's."),
    maxNewTokens: z.int().min(1).nullable().default(null).describe("Of those completions; null is soar.student's."),
    training: training.prefault({}).describe('Training of a fresh student.'),
    questions: questions.prefault({}).describe('How a teacher’s questions enter that training.'),
    curve: z
      .strictObject({
        every: z.int().min(0).default(0).describe('Look at the held-out problems after so many steps; 0 never does.'),
        samplesPerProblem: z.int().min(1).default(4).describe('Completions per held-out problem at each look.'),
      })
      .prefault({})
      .describe('Held-out success along the training. Nothing is selected by it.'),
    bootstrap: z
      .strictObject({
        resamples: z.int().min(100).default(2000).describe('Resamples behind an interval.'),
        confidence: z.number().gt(0).lt(1).default(0.95).describe('Of the intervals.'),
      })
      .prefault({}),
  })
  .superRefine((evaluate, context) => {
    const largest = evaluate.ks[evaluate.ks.length - 1];
    if (largest > evaluate.samplesPerProblem) {
      context.addIssue({
        code: 'custom',
        path: ['ks'],
        message: `pass@${largest} needs at least ${largest} samples and samplesPerProblem is ${evaluate.samplesPerProblem}: raise it, or leave ${largest} out of ks`,
      });
    }
  });

export type EvaluateSettings = z.output<typeof evaluateSettingsSchema>;

/** What a fresh student trains with. A curriculum has no warm-up. */
export function freshStudentSettings(
  student: StudentSettings,
  evaluate: EvaluateSettings,
  curriculum: boolean,
): StudentSettings {
  const { promptsPerStep, groupSize, schedule, optimizer, warmupSteps } = evaluate.training;
  return {
    ...student,
    promptsPerStep: promptsPerStep ?? student.promptsPerStep,
    groupSize: groupSize ?? student.groupSize,
    optimizer: optimizer ?? student.optimizer,
    schedule: { ...(schedule ?? student.schedule), warmupSteps: curriculum ? 0 : warmupSteps },
  };
}

/** How the held-out problems are answered. */
export function testSampling(student: StudentSettings, evaluate: EvaluateSettings): SamplingSettings {
  return {
    ...student.sampling,
    temperature: evaluate.temperature ?? student.sampling.temperature,
    maxNewTokens: evaluate.maxNewTokens ?? student.sampling.maxNewTokens,
  };
}
