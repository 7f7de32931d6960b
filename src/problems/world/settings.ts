/** The `world:` section of a config, and the corpus that plants the latent skill. */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const byLength = (what: string) => z.record(z.string().regex(/^\d+$/), share).describe(what);
const lengths = z
  .tuple([z.int().min(1), z.int().min(1)])
  .refine(([least, most]) => least <= most, 'the least length comes first: swap the two');

const family = (name: string, by: number) => share.default(by).describe(`Share of ${name}.`);

export const corpusSettingsSchema = z
  .strictObject({
    shares: z
      .strictObject({
        program: family('programs, carefully worked or not', 0.3),
        textbook: family('textbook programs, always worked carefully: where the skill at depth comes from', 0.06),
        addition: family('additions', 0.15),
        sort: family('digits to sort', 0.13),
        maximum: family('digits to find the largest of', 0.1),
        repeat: family('digits to say twice', 0.13),
        coin: family('coins: two digits, either of which is right', 0.13),
      })
      .prefault({})
      .describe('Shares of the families among documents; together 1.'),
    programLengths: byLength('Share of each length among programs; together 1.').default({
      1: 0.4,
      2: 0.26,
      3: 0.1,
      4: 0.06,
      5: 0.04,
      6: 0.035,
      7: 0.035,
      8: 0.035,
      9: 0.035,
    }),
    carefulness: byLength(
      'c(remaining operations): how often the writer applies one operation rather than jump to the answer. Not listed: as the longest listed.',
    )
      .refine((c) => Object.keys(c).length > 0, 'list at least one length')
      .default({ 2: 0.35, 3: 0.2, 4: 0.05, 5: 0.03, 6: 0.03, 7: 0.1, 8: 0.15, 9: 0.15 }),
    textbookLengths: lengths
      .default([2, 10])
      .describe('Least and most operations of textbook programs, evenly spread.'),
  })
  .superRefine((corpus, context) => {
    for (const [name, shares] of [
      ['shares', corpus.shares],
      ['programLengths', corpus.programLengths],
    ] as const) {
      const total = Object.values(shares).reduce((a, b) => a + b, 0);
      if (Math.abs(total - 1) > 1e-9) {
        context.addIssue({ code: 'custom', path: [name], message: `the shares add up to ${total}: make them 1` });
      }
    }
  });

export const worldSettingsSchema = z
  .strictObject({
    hardLengths: lengths.default([8, 9]).describe('Least and most operations of the hard problems.'),
    candidates: z.int().min(2).default(160).describe('Problems drawn; those with 0 successes are hard.'),
    attempts: z.int().min(1).default(128).describe('k of fail@k: completions per candidate.'),
    train: z.int().min(1).default(64).describe('Hard problems to train and reward on (D_train).'),
    test: z.int().min(1).default(64).describe('Held-out hard problems (D_test).'),
    seed: z
      .string()
      .default('hard-set')
      .describe('Names the stream that draws the hard set; the same for every run seed.'),
  })
  .superRefine(({ candidates, train, test }, context) => {
    if (candidates >= train + test) return;
    context.addIssue({
      code: 'custom',
      path: ['candidates'],
      message: `${candidates} candidates cannot give ${train} + ${test} hard problems: raise it to ${train + test} or more`,
    });
  });

export type CorpusSettings = z.output<typeof corpusSettingsSchema>;
export type WorldSettings = z.output<typeof worldSettingsSchema>;
