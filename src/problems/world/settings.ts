/** The `world:` section of a config: the corpus that plants the latent skill, and the hard set. */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const byLength = (what: string) => z.record(z.string().regex(/^\d+$/), share).describe(what);

export const corpusSettingsSchema = z
  .strictObject({
    shares: z
      .strictObject({
        program: share.default(0.3),
        textbook: share.default(0.06),
        addition: share.default(0.15),
        sort: share.default(0.13),
        maximum: share.default(0.1),
        repeat: share.default(0.13),
        coin: share.default(0.13),
      })
      .prefault({})
      .describe('Shares of the families among documents; together 1.'),
    programLengths: byLength('Share of each length among programs; together 1.').default({
      1: 0.42,
      2: 0.28,
      3: 0.11,
      4: 0.06,
      5: 0.04,
      6: 0.03,
      7: 0.025,
      8: 0.02,
      9: 0.015,
    }),
    carefulness: byLength(
      'c(remaining operations): how often the writer applies one operation rather than jump to the answer. Not listed: as the longest listed.',
    ).default({ 2: 0.35, 3: 0.25, 4: 0.2, 5: 0.15, 6: 0.1, 7: 0.06, 8: 0.03, 9: 0.02 }),
    textbookLengths: z
      .tuple([z.int().min(1), z.int().min(1)])
      .default([2, 10])
      .describe('Lengths of textbook programs, evenly spread; always worked carefully.'),
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

export const worldSettingsSchema = z.strictObject({
  hardLengths: z
    .tuple([z.int().min(1), z.int().min(1)])
    .default([8, 9])
    .describe('Least and most operations of the hard problems.'),
  candidates: z.int().min(2).default(160).describe('Problems drawn; those with 0 successes are hard.'),
  attempts: z.int().min(1).default(128).describe('k of fail@k: completions per candidate.'),
  train: z.int().min(1).default(64).describe('Hard problems to train and reward on (D_train).'),
  test: z.int().min(1).default(64).describe('Held-out hard problems (D_test).'),
  seed: z
    .string()
    .default('hard-set')
    .describe('Names the stream that draws the hard set; the same for every run seed.'),
});

export type CorpusSettings = z.output<typeof corpusSettingsSchema>;
export type WorldSettings = z.output<typeof worldSettingsSchema>;
