/** What a report shows of a run's costs, from its metrics. Pure. */
import type { LedgerRow, RoleRow, SpendingReport } from '../../report/types.js';
import type { RunConfig } from '../config/config.js';
import type { History } from '../entries.js';
import type { MetricsLine } from '../metrics.js';
import { roles, type Usage } from '../usage.js';
import { priceOfSpent, priceOfStorage } from './bill.js';
import type { Prices } from './prices.js';
import { runningBill, sumSpent } from './running-bill.js';

export function spendingReport(
  config: RunConfig,
  history: History,
  metrics: readonly MetricsLine[],
  finished: boolean,
): SpendingReport {
  const { prices } = config;
  const spent = sumSpent(metrics);
  const bill = runningBill(config, history, metrics, spent);
  const whole = bill && (finished ? { ...bill, projected: bill.money + priceOfStorage(prices) } : bill);
  return {
    parts: partRows(metrics, prices),
    roles: roles.flatMap((role): RoleRow[] => {
      const usage = spent.cost.roles[role];
      if (!usage) return [];
      // The clock of GPUs that are paid by the hour is not a role's.
      const money = prices.tokens === null ? null : (priceOfSpent(usage, 0, prices)?.money ?? null);
      return [{ role, completions: usage.completions, waited: usage.waitedSeconds, ...tokensOf(usage), money }];
    }),
    unit: prices.unit,
    ...(whole && { bill: { ...whole, finished } }),
  };
}

/** In the order in which they first occur. */
function partRows(metrics: readonly MetricsLine[], prices: Prices): LedgerRow[] {
  const parts = [...new Set(metrics.map(({ part }) => part))];
  return parts.map((part) => {
    const { cost, seconds } = sumSpent(metrics.filter((line) => line.part === part));
    return { part, seconds, ...tokensOf(cost), money: priceOfSpent(cost, seconds, prices)?.money ?? null };
  });
}

const tokensOf = ({ prefilledTokens, cachedTokens, sampledTokens, trainedTokens }: Usage) => ({
  tokensRead: prefilledTokens,
  tokensCached: cachedTokens,
  tokensSampled: sampledTokens,
  tokensTrained: trainedTokens,
});
