/** The verification policy as a config section: the same fields and defaults as `VerificationPolicy`, checked. */
import { z } from 'zod';
import { defaultPolicy, type VerificationPolicy } from './policy.js';

export const verificationPolicySchema = z.strictObject({
  mode: z
    .enum(['reward', 'evaluation', 'answer'])
    .default(defaultPolicy.mode)
    .describe('Where the answer is: only in the last closed \\boxed{}; there or spoken; or the whole text.'),
  listOrder: z
    .enum(['ignored', 'kept'])
    .default(defaultPolicy.listOrder)
    .describe('Whether 1,2 equals 2,1. Lists of words and tuples always keep their order.'),
  percent: z
    .enum(['slack', 'exact'])
    .default(defaultPolicy.percent)
    .describe('Whether 28% also equals a plain 28, or only 0.28.'),
  units: z
    .enum(['compatible', 'required', 'ignored'])
    .default(defaultPolicy.units)
    .describe(
      'Whether a unit may be missing, must be there, or says nothing. Two units that clash differ unless ignored.',
    ),
  pairs: z
    .enum(['either', 'tuple', 'interval'])
    .default(defaultPolicy.pairs)
    .describe('Whether (a,b) may be a pair, an open interval, or either.'),
  tolerance: z
    .number()
    .min(0)
    .default(defaultPolicy.tolerance)
    .describe("Absolute tolerance of a dataset, in the gold's unit; 0 for none."),
  unit: z.string().default(defaultPolicy.unit).describe('Unit of golds that are written without one; empty for none.'),
}) satisfies z.ZodType<VerificationPolicy, unknown>;
