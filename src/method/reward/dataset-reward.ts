/** From the students' improvements to the teacher's reward (method.md 1.3.3 to 1.3.5). Pure. */

export interface DatasetRewards {
  /** R_k = mean_j R_{k,j}. [dataset] */
  readonly datasets: readonly number[];
  /** Rhat_t = mean_k R_k. */
  readonly stepMean: number;
}

/** From R_{k,j}, [dataset][repeat]. */
export function datasetRewards(rewards: readonly (readonly number[])[]): DatasetRewards {
  const datasets = rewards.map(mean);
  return { datasets, stepMean: mean(datasets) };
}

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
