/** Prints an estimate in place of doing the work. */
import { estimateText } from '../report/estimate.js';
import type { RunConfig } from '../run/config/config.js';
import { type Estimate, priceRows } from '../run/estimate/estimate.js';

export function printEstimate(config: RunConfig, estimate: Estimate, title: string, json: boolean): void {
  const data = { ...estimate, rows: priceRows(config, estimate.rows) };
  const text = json ? JSON.stringify(data) : estimateText(data, title, process.stdout.columns ?? 200);
  process.stdout.write(`${text}\n`);
}
