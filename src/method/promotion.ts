/**
 * The promotion check (method.md 1.3.5, 1.6): when the moving average of the step rewards is above tau, the median student of
 * the best dataset of this step becomes the baseline. Pure.
 */
import type { PromotionSettings } from './settings.js';

/** Rewards are sums of a few fractions; what differs by less than this differs by rounding and counts as equal. */
const ROUNDING = 1e-12;

export interface PromotionCheck {
  /** Rbar_t over the window as it stood at the check, this step's reward included; the mean of fewer while it fills. */
  readonly movingAverage: number;
  readonly promote: boolean;
  /** The step rewards to carry into the next step, oldest first. */
  readonly window: readonly number[];
}

/** `carried`: the window that the last check returned; empty at the start. */
export function checkPromotion(
  carried: readonly number[],
  stepMean: number,
  settings: PromotionSettings,
): PromotionCheck {
  const window = [...carried, stepMean].slice(-settings.window);
  const movingAverage = window.reduce((sum, reward) => sum + reward, 0) / window.length;
  const full = window.length === settings.window || !settings.requireFullWindow;
  const promote = settings.enabled && full && movingAverage > settings.threshold;
  return { movingAverage, promote, window: promote && settings.clearWindow ? [] : window };
}

export interface PromotedStudent {
  /** k*: the dataset with the greatest R_k, the lowest on a tie. */
  readonly dataset: number;
  /** j*: the repeat whose R_{k*,j} is the median. */
  readonly repeat: number;
}

/** From R_{k,j}, [dataset][repeat], and their means R_k, [dataset]. */
export function chooseStudent(
  rewards: readonly (readonly number[])[],
  datasetRewards: readonly number[],
  median: PromotionSettings['median'],
): PromotedStudent {
  let dataset = 0;
  for (let k = 1; k < datasetRewards.length; k++) {
    if (datasetRewards[k] > datasetRewards[dataset] + ROUNDING) dataset = k;
  }
  return { dataset, repeat: medianRepeat(rewards[dataset], datasetRewards[dataset], median) };
}

/** The repeat in the middle by reward (equal ones in the order of their index). An even number has two middles; `rule` takes one. */
function medianRepeat(rewards: readonly number[], average: number, rule: PromotionSettings['median']): number {
  const order = rewards.map((_, j) => j).sort((a, b) => rewards[a] - rewards[b] || a - b);
  const lower = order[Math.floor((order.length - 1) / 2)];
  const upper = order[Math.floor(order.length / 2)];
  if (rule === 'lower') return lower;
  if (rule === 'upper') return upper;
  const gained = Math.abs(rewards[lower] - average) - Math.abs(rewards[upper] - average);
  return gained > ROUNDING ? upper : lower;
}
