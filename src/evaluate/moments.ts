/** Mean, deviation, quantile: the small sums behind the tables. Pure. */

/** 0 for no values: what a table shows before there are any. */
export const meanOrZero = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation (denominator N - 1); 0 for a single value. */
export function meanAndDeviation(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** Linear between order statistics (Hyndman & Fan 1996, type 7); `sorted` rises, 0 <= share <= 1. */
export function quantile(sorted: readonly number[] | Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** z with Phi(z) = share, for 0 < share < 1, by bisection. */
export function normalQuantile(share: number): number {
  let low = -9;
  let high = 9;
  while (high - low > 1e-13) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Phi(z) = 1/2 + phi(z) * (z + z^3/3 + z^5/(3*5) + ...) (Marsaglia 2004). */
function normalDistribution(z: number): number {
  let term = z;
  let sum = z;
  for (let i = 3; Math.abs(term) > 1e-18 * Math.abs(sum); i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
