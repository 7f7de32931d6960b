import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/config.js';
import { configHash } from '../run-folder.js';
import { noWork } from '../usage.js';
import { priceOfSpent, priceOfStorage, priceOfWork } from './bill.js';
import { pricesSchema } from './prices.js';

const work = {
  ...noWork,
  prefilledTokens: 3e6,
  cachedTokens: 10e6,
  sampledTokens: 4e6,
  trainedTokens: 4e6,
  trainedPromptTokens: 1e6,
};

describe('by tokens', () => {
  const tokens = { prefill: 0.1, cachedPrefill: 0.02, sample: 0.3, train: 0.4 };

  it('prices reading, cached reading, sampling and training, prompts included', () => {
    // 3 x 0.1 + 10 x 0.02 + 4 x 0.3 + 5 x 0.4 = 0.3 + 0.2 + 1.2 + 2
    const bill = priceOfWork(work, pricesSchema.parse({ tokens, unit: 'EUR' }));
    expect(bill?.money).toBeCloseTo(3.7, 12);
    expect(bill).toMatchObject({ unit: 'EUR', gpuHours: null });
  });
  it('takes the price of prefill where the cache has none', () => {
    const { cachedPrefill: _cached, ...rest } = tokens;
    // 0.2 becomes 10 x 0.1.
    expect(priceOfWork(work, pricesSchema.parse({ tokens: rest }))?.money).toBeCloseTo(4.5, 12);
  });
  it('does not look at the clock', () => {
    const prices = pricesSchema.parse({ tokens });
    expect(priceOfSpent(work, 1e6, prices)).toEqual(priceOfWork(work, prices));
  });
});

describe('by GPU-hours', () => {
  const gpus = { count: 8, perHour: 2, sampledPerSecond: 1000, trainedPerSecond: 2000 };

  it('turns tokens into hours by the pace of one GPU', () => {
    // 4e6 / 1000 + 5e6 / 2000 = 6,500 s of one GPU.
    const bill = priceOfWork(work, pricesSchema.parse({ gpus }));
    expect(bill?.gpuHours).toBeCloseTo(6500 / 3600, 12);
    expect(bill?.money).toBeCloseTo((2 * 6500) / 3600, 12);
  });
  it('counts reading where it has a pace, and idle time', () => {
    // 3e6 / 500 = 6,000 s more; busy for half the time.
    const bill = priceOfWork(work, pricesSchema.parse({ gpus: { ...gpus, prefilledPerSecond: 500, busy: 0.5 } }));
    expect(bill?.gpuHours).toBeCloseTo(25_000 / 3600, 12);
  });
  it('pays all GPUs by the clock for what was done', () => {
    expect(priceOfSpent(work, 1800, pricesSchema.parse({ gpus }))).toEqual({ unit: 'USD', money: 8, gpuHours: 4 });
  });
});

it('prices nothing without prices, which is the default', () => {
  const none = pricesSchema.parse({});
  expect(priceOfWork(work, none)).toBeNull();
  expect(priceOfSpent(work, 1800, none)).toBeNull();
  expect(priceOfStorage(none)).toBe(0);
});

it('refuses two ways to pay for one thing, unknown keys and missing prices', () => {
  const tokens = { prefill: 1, sample: 1, train: 1 };
  const gpus = { count: 1, perHour: 1, sampledPerSecond: 1, trainedPerSecond: 1 };
  const refusal = (prices: object) => pricesSchema.safeParse(prices).error?.issues[0];
  expect(refusal({ tokens, gpus })?.message).toContain('by tokens or by GPU-hours');
  expect(refusal({ tokens: { ...tokens, sampled: 1 } })?.code).toBe('unrecognized_keys');
  expect(refusal({ tokens: { prefill: 1, sample: 1 } })?.path).toEqual(['tokens', 'train']);
  expect(refusal({ gpus: { ...gpus, sampledPerSecond: 0 } })?.path).toEqual(['gpus', 'sampledPerSecond']);
  expect(refusal({ tokens: { ...tokens, train: -1 } })?.path).toEqual(['tokens', 'train']);
});

it('prices what is kept', () => {
  // 12 GB for 3 months at 0.10.
  const storage = { gigabytes: 12, months: 3, perGigabyteMonth: 0.1 };
  expect(priceOfStorage(pricesSchema.parse({ storage }))).toBeCloseTo(3.6, 12);
});

it('is no part of what fixes a run: prices may change while it goes on', () => {
  const priced = resolveConfig({ sets: ['prices.tokens={prefill: 1, sample: 1, train: 1}'] });
  expect(configHash(priced)).toBe(configHash(resolveConfig({})));
});
