/** What work costs by the config's prices. Pure. */
import type { Work } from '../usage.js';
import type { Prices } from './prices.js';

export interface Bill {
  readonly unit: string;
  readonly money: number;
  /** Null where tokens are paid. */
  readonly gpuHours: number | null;
}

/** What the work should cost; null without prices. Storage is not in it. */
export function priceOfWork(work: Work, { unit, tokens, gpus }: Prices): Bill | null {
  const { prefilledTokens, cachedTokens, sampledTokens } = work;
  const trained = work.trainedTokens + work.trainedPromptTokens;
  if (tokens !== null) {
    const { prefill, sample, train, cachedPrefill } = tokens;
    const perMillion =
      prefilledTokens * prefill + cachedTokens * (cachedPrefill ?? prefill) + sampledTokens * sample + trained * train;
    return { unit, money: perMillion / 1e6, gpuHours: null };
  }
  if (gpus === null) return null;
  const { perHour, sampledPerSecond, trainedPerSecond, prefilledPerSecond, busy } = gpus;
  const reading = prefilledPerSecond === null ? 0 : prefilledTokens / prefilledPerSecond;
  const gpuHours = (reading + sampledTokens / sampledPerSecond + trained / trainedPerSecond) / 3600 / busy;
  return { unit, money: gpuHours * perHour, gpuHours };
}

/** What work that was done has cost: its tokens, or all GPUs for the time that it took, whether they were busy or not. */
export function priceOfSpent(work: Work, seconds: number, prices: Prices): Bill | null {
  const { unit, gpus } = prices;
  if (prices.tokens !== null || gpus === null) return priceOfWork(work, prices);
  const gpuHours = (gpus.count * seconds) / 3600;
  return { unit, money: gpuHours * gpus.perHour, gpuHours };
}

/** Once per run; 0 without a price. */
export const priceOfStorage = ({ storage }: Prices): number =>
  storage === null ? 0 : storage.gigabytes * storage.months * storage.perGigabyteMonth;
