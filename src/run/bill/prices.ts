/** The config section `prices:`: what work costs, by tokens or by GPU-hours. There are no prices by default, and then no money is shown. */
import { z } from 'zod';

const price = z.number().min(0);
const pace = z.number().gt(0);

const tokens = z.strictObject({
  prefill: price.describe('A million prompt tokens read, or tokens scored.'),
  cachedPrefill: price
    .nullable()
    .default(null)
    .describe("A million prompt tokens that a prefix cache gave; null: prefill's price."),
  sample: price.describe('A million completion tokens sampled.'),
  train: price.describe('A million tokens trained on, prompts included.'),
});

const gpus = z.strictObject({
  count: z.int().min(1).describe('GPUs that are paid for, all of them as long as the run goes on.'),
  perHour: price.describe('One GPU for an hour.'),
  sampledPerSecond: pace.describe('Completion tokens that one GPU samples per second while it samples.'),
  trainedPerSecond: pace.describe('Tokens, prompts included, that one GPU trains on per second while it trains.'),
  prefilledPerSecond: pace
    .nullable()
    .default(null)
    .describe('Tokens that one GPU reads or scores per second; null: reading takes no time of its own.'),
  busy: z.number().gt(0).max(1).default(1).describe('Share of their time in which the GPUs compute.'),
});

const storage = z.strictObject({
  gigabytes: price.describe('Checkpoints kept on the service.'),
  months: price.default(1).describe('How long they are kept.'),
  perGigabyteMonth: price.describe('A gigabyte for a month.'),
});

export const pricesSchema = z
  .strictObject({
    unit: z.string().min(1).default('USD').describe('The money that the prices are in.'),
    tokens: tokens.nullable().default(null).describe('Prices per million tokens, as a hosted service states them.'),
    gpus: gpus.nullable().default(null).describe('GPU-hours, from how fast the GPUs are and how many are paid for.'),
    storage: storage.nullable().default(null).describe('Checkpoints on the service, once per run.'),
  })
  .superRefine((prices, context) => {
    if (prices.tokens === null || prices.gpus === null) return;
    context.addIssue({
      code: 'custom',
      path: ['gpus'],
      message: 'work is paid by tokens or by GPU-hours: set one of prices.tokens and prices.gpus to null',
    });
  });

export type Prices = z.output<typeof pricesSchema>;
