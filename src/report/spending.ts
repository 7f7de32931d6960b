/** Where tokens, time and money went: by part of a run and by role. Pure. */
import { amount, compact, duration, money } from './format.js';
import type { Column, Table } from './table.js';
import type { LedgerRow, RoleRow, SpendingReport } from './types.js';

const left = (header: string): Column => ({ header, align: 'left' });
const right = (header: string): Column => ({ header, align: 'right' });

export function partsTable({ parts, unit }: SpendingReport): Table {
  const priced = parts.some((row) => row.money !== null);
  return {
    columns: [left('Part'), right('Time'), ...tokenColumns, right('per second'), ...(priced ? [right(unit)] : [])],
    rows: parts.map((row) => [
      row.part,
      duration(row.seconds),
      ...tokenCells(row),
      row.seconds > 0 ? compact((row.tokensSampled + row.tokensTrained) / row.seconds) : '',
      ...(priced ? [moneyCell(row.money)] : []),
    ]),
  };
}

export function rolesTable({ roles, unit }: SpendingReport): Table {
  const priced = roles.some((row) => row.money !== null);
  return {
    columns: [left('Role'), right('Completions'), ...tokenColumns, right('Waited'), ...(priced ? [right(unit)] : [])],
    rows: roles.map((row) => [
      row.role,
      compact(row.completions),
      ...tokenCells(row),
      duration(row.waited),
      ...(priced ? [moneyCell(row.money)] : []),
    ]),
  };
}

const tokenColumns = [right('Tokens read'), right('cached'), right('sampled'), right('trained')];
const tokenCells = ({ tokensRead, tokensCached, tokensSampled, tokensTrained }: Omit<LedgerRow, 'part'> | RoleRow) =>
  [tokensRead, tokensCached, tokensSampled, tokensTrained].map(compact);

const moneyCell = (sum: number | null) => (sum === null ? '' : amount(sum));

export const spendingNote =
  'Read: prompts, once for their group, and sequences that were scored whole. Cached: prompts for the rest of a group. Trained: completions in a gradient. Waited: from asking the engine to its answer, summed over calls side by side.';

/** One sentence; empty without prices. */
export function billText({ bill }: SpendingReport): string {
  if (!bill) return '';
  const { unit, gpuHours, projected, finished } = bill;
  const hours = gpuHours === null ? '' : ` (${gpuHours.toFixed(1)} GPU-hours)`;
  return finished
    ? `The run cost ${money(projected, unit)}${hours}.`
    : `Spent so far: ${money(bill.money, unit)}${hours}, of ${money(projected, unit)} projected.`;
}
