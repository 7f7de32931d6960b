/**
 * The bill of a run that goes on: what was spent, and what the whole run will come to. What is left is priced as the estimate
 * prices it, at the pace of the outer steps that are done: whether they cost more or less than was expected of them. Pure.
 */
import type { RunConfig } from '../config/config.js';
import { type History, stateOf } from '../entries.js';
import { paperHardSet } from '../estimate/assumptions.js';
import { armRows, type HardSetSizes, screeningRow, stepWork } from '../estimate/estimate.js';
import { type Cost, combineCosts, noCost } from '../ledger.js';
import type { MetricsLine } from '../metrics.js';
import type { Work } from '../usage.js';
import { priceOfSpent, priceOfStorage, priceOfWork } from './bill.js';

export interface RunningBill {
  readonly unit: string;
  /** Spent so far, work done again after a stop included. */
  readonly money: number;
  readonly gpuHours: number | null;
  /** What the whole run comes to if all that is planned is done, storage included. */
  readonly projected: number;
}

export interface Spent {
  readonly cost: Cost;
  readonly seconds: number;
}

export function sumSpent(lines: readonly MetricsLine[]): Spent {
  return lines.reduce(
    (sum, { part: _part, unit: _unit, seconds, ...cost }) => ({
      cost: combineCosts(sum.cost, cost),
      seconds: sum.seconds + seconds,
    }),
    { cost: noCost, seconds: 0 } as Spent,
  );
}

/** `lines`: the run's metrics so far, from which the pace is told. Undefined without prices. */
export function runningBill(
  config: RunConfig,
  history: History,
  lines: readonly MetricsLine[],
  spent: Spent,
): RunningBill | undefined {
  const { prices } = config;
  const now = priceOfSpent(spent.cost, spent.seconds, prices);
  if (now === null) return undefined;
  const price = (work: Work) => priceOfWork(work, prices)?.money ?? 0;
  const sizes = sizesOf(config, history);
  const { step: closed, finished } = stateOf(history);
  const steps = Array.from({ length: config.soar.outerSteps }, (_, t) => price(stepWork(config, sizes.train, t)));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

  const { datasets, repeats } = config.soar;
  const open = history.open.studies.size / (datasets * repeats);
  const stepsLeft = finished === null ? sum(steps.slice(closed)) - open * (steps[closed] ?? 0) : 0;
  const screening = history.hardSet ? [] : screeningRow(config).map((row) => row.total.expected);
  const left = stepsLeft + sum([...screening, ...unitsLeft(config, history, sizes)].map(price));

  const ofLoop = lines.filter(({ part, unit }) => loopParts.includes(part) && Number(unit) < closed);
  const { cost, seconds } = sumSpent(ofLoop);
  const expected = sum(steps.slice(0, closed));
  const pace = expected > 0 && ofLoop.length > 0 ? (priceOfSpent(cost, seconds, prices)?.money ?? 0) / expected : 1;
  return { ...now, projected: now.money + left * pace + priceOfStorage(prices) };
}

/** Parts of an outer step in the metrics. */
const loopParts: readonly string[] = ['proposals', 'studies', 'teacher'];

function unitsLeft(config: RunConfig, { evaluations }: History, sizes: HardSetSizes): Work[] {
  const done = (arm: string) => [...evaluations.values()].filter((result) => result.arm === arm).length;
  const { arms, seeds } = config.evaluate;
  const units = arms.map((arm) => ({ arm, name: arm, times: Math.max(0, seeds - done(arm)) }));
  return armRows(config, sizes, units).map((row) => row.total.expected);
}

function sizesOf({ domain, world }: RunConfig, { hardSet }: History): HardSetSizes {
  if (hardSet) return { train: hardSet.train.length, test: hardSet.test.length };
  return domain === 'programs' ? { train: world.train, test: world.test } : paperHardSet;
}
