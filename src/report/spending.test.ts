import { describe, expect, it } from 'vitest';
import { billText, partsTable, rolesTable } from './spending.js';
import type { SpendingReport } from './types.js';

const tokens = { tokensRead: 1000, tokensCached: 3000, tokensSampled: 8000, tokensTrained: 2000 };
const spending = (changes: Partial<SpendingReport> = {}): SpendingReport => ({
  parts: [{ part: 'studies', seconds: 4, ...tokens, money: null }],
  roles: [{ role: 'student', completions: 64, waited: 9, ...tokens, money: null }],
  unit: 'EUR',
  ...changes,
});
const bill = { unit: 'EUR', money: 8, gpuHours: 4, projected: 1234.4, finished: false };

describe('spending', () => {
  it('has no column of money without prices, and no sentence', () => {
    expect(partsTable(spending()).rows).toEqual([['studies', '4.0 s', '1.00k', '3.00k', '8.00k', '2.00k', '2.50k']]);
    expect(rolesTable(spending()).rows).toEqual([['student', '64', '1.00k', '3.00k', '8.00k', '2.00k', '9.0 s']]);
    expect(billText(spending())).toBe('');
  });
  it('has one where something has a price: GPUs paid by the clock have one for parts alone', () => {
    const paid = spending({ parts: [{ part: 'studies', seconds: 4, ...tokens, money: 0.0123 }], bill });
    expect(partsTable(paid).columns.at(-1)?.header).toBe('EUR');
    expect(partsTable(paid).rows[0]?.at(-1)).toBe('0.0123');
    expect(rolesTable(paid).columns.at(-1)?.header).toBe('Waited');
  });
  it('says what was spent and is projected, and of a finished run what it cost', () => {
    expect(billText(spending({ bill }))).toBe('Spent so far: 8.00 EUR (4.0 GPU-hours), of 1,234 EUR projected.');
    const done = { ...bill, projected: 8, finished: true, gpuHours: null };
    expect(billText(spending({ bill: done }))).toBe('The run cost 8.00 EUR.');
  });
});
