/** The config section `study:`: the grid of `soar study`. */
import { z } from 'zod';
import { armNames } from '../settings.js';
import { builtInRowNames } from './rows.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use small letters, digits and dashes');

export const studySettingsSchema = z
  .strictObject({
    teachers: z.int().min(1).default(4).describe('Seeds of every loop; each trains a teacher of its own.'),
    students: z
      .int()
      .min(1)
      .default(1)
      .describe('Fresh students per teacher; rows without a loop train teachers x students.'),
    rows: z
      .array(z.string())
      .min(1)
      .default(['base', 'hard-only', 'hard-only-x4', 'base-t', 'intrinsic-t', 'grounded-t', 'frozen-pq', 'pq', 'ps'])
      .describe(`What is compared, in the order of the table: ${builtInRowNames.join(', ')}, or rows of your own.`),
    reference: z.string().default('hard-only').describe('The row that the others are compared with.'),
    questions: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Questions sampled from a teacher; null: one dataset, soar.datasetSize, as many as a promotion adds.'),
    stepsWithoutPromotion: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe('Outer steps of loops that never promote; null: soar.outerSteps.'),
    loops: z
      .record(name, z.record(z.string(), z.unknown()))
      .default({})
      .describe('Loops of your own by name: settings that they change, as in { small: { soar.datasetSize: 8 } }.'),
    ownRows: z
      .record(
        name,
        z.strictObject({
          title: z.string().min(1),
          arm: z.enum(armNames),
          loop: z.string().optional(),
          questions: z.int().min(1).optional(),
          transfer: z.boolean().optional(),
        }),
      )
      .default({})
      .describe('Rows of your own by name: an arm, and the loop that feeds it.'),
    encoder: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Folder of a sentence encoder (sentence-transformers form, with onnx/model.onnx) for the diversity of questions; null: built-in character n-grams.',
      ),
    transfer: z
      .record(z.string(), z.unknown())
      .default({ 'world.hardLengths': [10, 10], 'world.seed': 'transfer-set' })
      .describe('Settings that make the second hard set, which no loop is rewarded on.'),
  })
  .describe('What `soar study` compares.');

export type StudySettings = z.output<typeof studySettingsSchema>;
