import { describe, expect, it } from 'vitest';
import type { ArmResult } from '../../evaluate/arm-result.js';
import { initialState } from '../../method/index.js';
import { configSchema, type RunConfig } from '../config/config.js';
import { type History, historyOf, type OuterStepEntry } from '../entries.js';
import { estimateRun, stepWork } from '../estimate/estimate.js';
import { noCost } from '../ledger.js';
import type { MetricsLine } from '../metrics.js';
import { runningBill, sumSpent } from './running-bill.js';

/** Four outer steps, then two seeds of one arm; one USD per million tokens sampled and nothing else. */
const configWith = (prices: object): RunConfig =>
  configSchema.parse({
    domain: 'mathematics',
    soar: { outerSteps: 4, promotion: { enabled: false } },
    evaluate: { arms: ['hard-only'], seeds: 2 },
    prices,
  });
const config = configWith({ tokens: { prefill: 0, sample: 1, train: 0 } });
const sizes = { train: 359, test: 360 };

const step = (t: number): OuterStepEntry =>
  ({ unit: 'outer-step', step: t, state: { ...initialState(), step: t + 1 } }) as unknown as OuterStepEntry;
const historyAfter = (steps: number): History => historyOf(Array.from({ length: steps }, (_, t) => step(t)));
const line = (part: string, unit: string, sampledTokens: number, seconds = 0): MetricsLine => ({
  ...noCost,
  part,
  unit,
  seconds,
  sampledTokens,
});

const expectedOfStep = (t: number) => stepWork(config, sizes.train, t).sampledTokens;
const expectedOfUnit = 1500 * 256 * 512 + 360 * 32 * 512;

describe('a running bill', () => {
  it('is the estimate before anything is done', () => {
    const { expected } = estimateRun(config, sizes).total;
    const bill = runningBill(config, historyAfter(0), [], { cost: noCost, seconds: 0 });
    expect(bill?.money).toBe(0);
    expect(bill?.projected).toBeCloseTo(expected.sampledTokens / 1e6, 6);
  });

  it('is what was spent, and what is left at the pace of the steps that are done', () => {
    // Two steps that took half of what was expected, in the parts that they consist of.
    const spent = [0, 1].flatMap((t) => [
      line('proposals', String(t), 1000),
      line('studies', String(t), expectedOfStep(t) / 2 - 1000),
    ]);
    const bill = runningBill(config, historyAfter(2), spent, sumSpent(spent));
    const done = (expectedOfStep(0) + expectedOfStep(1)) / 2;
    const left = (expectedOfStep(2) + expectedOfStep(3) + 2 * expectedOfUnit) / 2;
    expect(bill?.money).toBeCloseTo(done / 1e6, 9);
    expect(bill?.projected).toBeCloseTo((done + left) / 1e6, 6);
  });

  it('counts work that was done again, and the open step by its studies', () => {
    const history = historyAfter(3);
    for (let j = 0; j < 4; j++) history.open.studies.set(`0-${j}`, {} as never);
    const paid = [0, 1, 2].map((t) => line('studies', String(t), expectedOfStep(t)));
    // A kill lost 5 million tokens of the open step: paid, and no part of the pace.
    const lost = line('studies', '3', 5e6);
    const bill = runningBill(config, history, [...paid, lost], sumSpent([...paid, lost]));
    const spent = expectedOfStep(0) + expectedOfStep(1) + expectedOfStep(2) + 5e6;
    expect(bill?.money).toBeCloseTo(spent / 1e6, 9);
    // 4 of 16 studies of the last step are done.
    expect(bill?.projected).toBeCloseTo((spent + 0.75 * expectedOfStep(3) + 2 * expectedOfUnit) / 1e6, 6);
  });

  it('leaves out steps that a finished loop does not make, and units that are done', () => {
    const history = historyOf([
      { ...step(0), state: { ...initialState(), step: 1, finished: 'baseline-accuracy' } } as unknown as OuterStepEntry,
      { unit: 'evaluation', result: { arm: 'hard-only', seed: 1 } as ArmResult },
    ]);
    const paid = [line('studies', '0', expectedOfStep(0))];
    const bill = runningBill(config, history, paid, sumSpent(paid));
    expect(bill?.projected).toBeCloseTo((expectedOfStep(0) + expectedOfUnit) / 1e6, 6);
  });

  it('pays GPUs by the clock', () => {
    const gpus = { count: 4, perHour: 2, sampledPerSecond: 1000, trainedPerSecond: 1e12 };
    const priced = configWith({ gpus, storage: { gigabytes: 5, perGigabyteMonth: 1 } });
    // 8 GPU-hours of the clock; the step should have taken expectedOfStep(0) / 1000 seconds of one.
    const paid = [line('studies', '0', 1, 7200)];
    const bill = runningBill(priced, historyAfter(1), paid, sumSpent(paid));
    expect(bill).toMatchObject({ unit: 'USD', money: 16, gpuHours: 8 });
    const left = expectedOfStep(1) + expectedOfStep(2) + expectedOfStep(3) + 2 * expectedOfUnit;
    expect((bill?.projected ?? 0) / (16 + (16 * left) / expectedOfStep(0) + 5)).toBeCloseTo(1, 3);
  });

  it('is nothing without prices', () => {
    expect(runningBill(configWith({}), historyAfter(1), [], { cost: noCost, seconds: 9 })).toBeUndefined();
  });
});
