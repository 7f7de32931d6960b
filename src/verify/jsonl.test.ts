import { afterAll, describe, expect, it } from 'vitest';
import { type VerdictRow, verifyRows } from './jsonl.js';
import { createVerifier, type Verifier } from './verifier.js';
import { verify } from './verify.js';

const verifier = createVerifier('mathematics');
afterAll(() => verifier.close());

async function collect(lines: Iterable<string>): Promise<VerdictRow[]> {
  const rows: VerdictRow[] = [];
  for await (const row of verifyRows(lines, verifier)) rows.push(row);
  return rows;
}

describe('verifyRows', () => {
  it('echoes ids, keeps the order and takes the mode of the row', async () => {
    const rows = await collect([
      '{"id": 1, "gold": "\\\\frac12", "text": "so \\\\boxed{0.5}"}',
      '',
      '{"id": "b", "gold": "5", "text": "the answer is 5"}',
      '{"id": "c", "gold": "5", "text": "the answer is 5", "mode": "evaluation"}',
    ]);
    expect(rows.map((row) => [row.id, 'verdict' in row && row.verdict])).toEqual([
      [1, 'correct'],
      ['b', 'no-answer'],
      ['c', 'correct'],
    ]);
  });

  it('reports bad rows by line and goes on', async () => {
    const rows = await collect([
      '{"id": 1, "gold": "1"',
      '[]',
      '{"id": 3, "gold": 1, "text": "x"}',
      '{"id": 4, "gold": "1"}',
      '{"id": 5, "gold": "1", "text": "x", "mode": "quick"}',
      '{"id": 6, "gold": "", "text": "x"}',
      '{"id": 7, "gold": "1", "text": "\\\\boxed{1}"}',
    ]);
    expect(rows.map((row) => ('error' in row ? [row.line, row.id, row.error.code] : [row.id, row.verdict]))).toEqual([
      [1, null, 'VERIFY_ROW'],
      [2, null, 'VERIFY_ROW'],
      [3, 3, 'VERIFY_ROW'],
      [4, 4, 'VERIFY_ROW'],
      [5, 5, 'VERIFY_ROW'],
      [6, 6, 'VERIFY_GOLD_UNREADABLE'],
      [7, 'correct'],
    ]);
  });

  it('holds no more rows than its concurrency, whatever the length of the input', async () => {
    let read = 0;
    let most = 0;
    function* endless(): Generator<string> {
      for (;;) {
        read++;
        yield '{"id": 1, "gold": "1", "text": "\\\\boxed{1}"}';
      }
    }
    let written = 0;
    for await (const _ of verifyRows(endless(), verifier, { concurrency: 8 })) {
      written++;
      most = Math.max(most, read - written);
      if (written === 500) break;
    }
    expect(most).toBeLessThanOrEqual(8);
  });

  it('ends with the fault of a verifier that fails', async () => {
    const broken: Verifier = createVerifier('./nowhere.mjs');
    const run = async () => {
      for await (const _ of verifyRows(['{"gold": "1", "text": "1"}'], broken));
    };
    await expect(run()).rejects.toMatchObject({ code: 'VERIFIER_MODULE_UNREADABLE' });
  });

  it('agrees with the library', async () => {
    const [row] = await collect(['{"gold": "2\\\\pi", "text": "\\\\boxed{\\\\pi+\\\\pi}"}']);
    const { ms: _, ...expected } = verify('2\\pi', '\\boxed{\\pi+\\pi}');
    expect(row).toMatchObject({ id: null, ...expected });
  });
});
