/** From values to pixels, and the round values to mark. Pure. */

export type Range = readonly [low: number, high: number];

/** Linear; a domain of one value maps to the middle. */
export function linearScale(domain: Range, pixels: Range): (value: number) => number {
  const [low, high] = domain;
  if (low === high) return () => (pixels[0] + pixels[1]) / 2;
  return (value) => pixels[0] + ((value - low) / (high - low)) * (pixels[1] - pixels[0]);
}

/** About `count` round values (1, 2 or 5 times a power of ten apart) within the domain. */
export function ticks(domain: Range, count: number, integers = false): number[] {
  const [low, high] = domain;
  if (low === high) return [low];
  const step = roundStep((high - low) / count, integers);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // From whole numbers, so that 3 * 0.1 is 0.3.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** The domain widened to round values. */
export function niceDomain([low, high]: Range, count: number): Range {
  if (low === high) return low === 0 ? [0, 1] : [Math.min(0, low), Math.max(0, high)];
  const step = roundStep((high - low) / count, false);
  const round = (value: number) => Number((value * step).toPrecision(12));
  return [round(Math.floor(low / step + 1e-9)), round(Math.ceil(high / step - 1e-9))];
}

/** Least and greatest of the finite values; [0, 0] without any. */
export function extent(values: readonly number[]): Range {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 0];
  return [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
}

function roundStep(rough: number, integers: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * (1 - 1e-9)) ?? 10 * power;
  return integers ? Math.max(1, Math.round(step)) : step;
}
