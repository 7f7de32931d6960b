import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutations } from './cases/mutations.js';
import { readPublishedGolds } from './cases/published-golds.js';
import { rewrites } from './cases/rewrites.js';
import { type Gold, parseGold } from './gold.js';
import { verify } from './verify.js';

const folder = process.env.SOAR_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
const published = readPublishedGolds(folder);

if (!published) console.log(`published golds: no data in ${folder}; set SOAR_DATA to their folder to run these tests`);

/** Known and looked at: two empty rows of MATH, and "t(0,4]", a misprint for t in (0,4]. */
const refusedGolds = ['MATH train test/number_theory/7115.json', 'MATH train test/number_theory/7117.json'];

describe.skipIf(!published)('the golds of MATH, GSM8K and OlympiadBench', () => {
  const rows = published ?? [];
  const refused: string[] = [];
  const golds = rows.flatMap((row) => {
    try {
      return [{ ...row, parsed: parseGold(row.gold, row.policy) }];
    } catch {
      refused.push(`${row.set} ${row.id}`);
      return [];
    }
  });
  /** Each spelling once. */
  const distinct = [...new Map(golds.map((row) => [`${row.gold} ${JSON.stringify(row.policy)}`, row])).values()];
  const answer = { mode: 'answer', tolerance: 0 } as const;

  it('equal themselves', () => {
    expect(rows.length).toBe(21_967);
    const unequal = golds.filter(({ parsed, gold, policy }) => {
      return verify(parsed, `\\boxed{${gold}}`, policy).verdict !== 'correct';
    });
    expect(unequal.map((row) => `${row.set} ${row.id}`)).toEqual([]);
    expect(refused.filter((id) => !refusedGolds.includes(id)).length).toBeLessThanOrEqual(1);
    expect(refused.length / rows.length).toBeLessThan(0.001);
  });

  it('equal a sample of their rewrites (all of them: bench/verify.mjs)', () => {
    const wrong: string[] = [];
    let tried = 0;
    distinct.forEach(({ parsed, policy }, i) => {
      if (i % 6) return;
      for (const text of rewrites(parsed.source, parsed.kind)) {
        tried++;
        if (verify(parsed, text, { ...policy, ...answer }).verdict !== 'correct')
          wrong.push(`${parsed.source} <- ${text}`);
      }
    });
    expect(tried).toBeGreaterThan(5_000);
    expect(wrong).toEqual([]);
  });

  it('do not equal their mutations', () => {
    const accepted: string[] = [];
    let tried = 0;
    for (const { parsed, policy } of distinct) {
      for (const { answer: text } of mutations(parsed.source, parsed.kind)) {
        tried++;
        if (isAccepted(parsed, text, { ...policy, ...answer })) accepted.push(`${parsed.source} <- ${text}`);
      }
    }
    expect(tried).toBeGreaterThan(5_000);
    expect(accepted.length / tried, accepted.join('\n')).toBeLessThan(0.0005);
  });
});

function isAccepted(gold: Gold, text: string, policy: Parameters<typeof verify>[2]): boolean {
  return verify(gold, text, policy).verdict === 'correct';
}
