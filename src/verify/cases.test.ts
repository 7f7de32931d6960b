import { describe, expect, it } from 'vitest';
import type { Case } from './cases/case.js';
import * as notations from './cases/notations.js';
import * as numbers from './cases/numbers.js';
import * as structures from './cases/structures.js';
import * as symbols from './cases/symbols.js';
import { verify } from './verify.js';

const categories: Record<string, readonly Case[]> = { ...numbers, ...structures, ...symbols, ...notations };

for (const [category, cases] of Object.entries(categories)) {
  describe(category, () => {
    it.each(cases.map((row) => ({ row, title: `${row[0]} | ${row[1]} | ${row[2]}` })))('$title', ({ row }) => {
      const [gold, answer, verdict, policy] = row;
      const result = verify(gold, `so it is \\boxed{${answer}}`, policy);
      expect({ verdict: result.verdict, reason: result.verdict === verdict ? '' : result.reason }).toEqual({
        verdict,
        reason: '',
      });
    });
  });
}

it('has several hundred cases, right and wrong ones', () => {
  const all = Object.values(categories).flat();
  expect(all.length).toBeGreaterThan(450);
  expect(all.filter((row) => row[2] !== 'correct').length).toBeGreaterThan(150);
});
