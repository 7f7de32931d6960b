/** The `mathematics:` section of a config: what the teacher may ask about and how answers are judged. */
import { z } from 'zod';
import { verificationPolicySchema } from '../../verify/settings.js';

/** The seven subjects of MATH, which the paper's teacher may choose from (method.md 2.1). */
export const mathSubjects = [
  'Algebra',
  'Counting and Probability',
  'Geometry',
  'Intermediate Algebra',
  'Number Theory',
  'Prealgebra',
  'Precalculus',
] as const;

export const mathematicsSettingsSchema = z.strictObject({
  field: z
    .string()
    .min(1)
    .default('math')
    .describe('What the problems are about, as the prompts say it. Another field needs no code: name it here.'),
  topics: z
    .array(z.string().min(1))
    .min(1)
    .default([...mathSubjects])
    .describe("Topics that the teacher may choose from. The paper's: the seven subjects of MATH."),
  prompt: z
    .enum(['raw', 'chat'])
    .default('raw')
    .describe(
      "How teacher and students are asked: raw text that the model goes on with, as the paper's student prompt reads, or a message that the model's chat template writes.",
    ),
  system: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("The system prompt of a chat; null leaves it to the model's chat template."),
  chatTemplate: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Which of the model's chat templates, where it has several; null: the one named default."),
  verifier: z
    .string()
    .min(1)
    .default('mathematics')
    .describe('Who judges answers: mathematics, exact, or a module of your own such as ./mine.js.'),
  policy: verificationPolicySchema.prefault({}).describe('Switches of the comparison; a problem may have its own.'),
  workers: z.int().min(1).default(1).describe('Threads that judge; changes no result.'),
  deadline: z
    .int()
    .min(1)
    .default(250)
    .describe('Milliseconds that one verdict may take before its thread is stopped; a second try has twice as many.'),
});

export type MathematicsSettings = z.output<typeof mathematicsSettingsSchema>;
