import { describe, expect, it } from 'vitest';
import type { ArmSummary, EvaluationSummary } from '../evaluate/summary.js';
import { deviationTable, evaluationMarkdown, evaluationText, headline } from './evaluation-table.js';

const estimate = (mean: number, low: number, high: number, method: 'bootstrap' | 'wilson' = 'bootstrap') => ({
  mean,
  low,
  high,
  method,
  deviation: 0.021,
  problemVariance: 0,
});
const shared = {
  seeds: 6,
  trains: true,
  problems: 64,
  samples: 32,
  answered: 1,
  cost: { tokensSampled: 0, tokensTrained: 0, graded: 0 },
};
const hardOnly: ArmSummary = {
  ...shared,
  arm: 'hard-only',
  title: 'Hard-Only',
  passAtK: [estimate(0, 0, 0.0567, 'wilson'), estimate(0.01, 0, 0.03)],
};
const pq: ArmSummary = {
  ...shared,
  arm: 'pq',
  title: 'SOAR-PQ',
  passAtK: [estimate(0.412, 0.35, 0.471), estimate(1, 0.94, 1)],
  difference: [
    { mean: 0.412, low: 0.34, high: 0.47 },
    { mean: -0.02, low: -0.1, high: 0.06 },
  ],
};
const summary: EvaluationSummary = { ks: [1, 32], confidence: 0.95, reference: 'hard-only', arms: [hardOnly, pq] };

describe('the evaluation in a terminal', () => {
  const text = evaluationText(summary, [{ arm: 'ps', reason: 'the run promoted nothing' }]);
  const cells = (start: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`│ ${start}`))
      .map((line) => line.split('│').map((cell) => cell.trim()));

  it('shows pass@k in per cent with its interval below, then the difference with its sign', () => {
    expect(cells('SOAR-PQ')).toEqual([
      ['', 'SOAR-PQ', '6', '41.2', '100.0', ''],
      ['', 'SOAR-PQ', '+41.2', '−2.0', ''],
    ]);
    expect(text).toContain('35.0…47.1');
    expect(text).toContain('−10.0…6.0');
    expect(text).toContain('pass@k on 64 held-out hard problems');
    expect(text).toContain('Difference from Hard-Only');
  });

  it('says what the intervals are and what was not run', () => {
    expect(text).toContain('95 % intervals');
    expect(text).toContain('Wilson');
    expect(text).toContain('Not run: ps, because the run promoted nothing.');
    expect(evaluationText({ ...summary, arms: [pq] })).not.toContain('Wilson');
    expect(text).not.toContain('samplings of one model');
    const ps: ArmSummary = { ...pq, arm: 'ps', title: 'SOAR-PS', trains: false };
    expect(evaluationText({ ...summary, arms: [hardOnly, ps] })).toContain('of SOAR-PS, samplings of one model.');
  });

  it('stays within the width of a small terminal', () => {
    const passAtK = Array.from({ length: 5 }, () => estimate(1, 0.9, 0.999));
    const full = {
      ...summary,
      ks: [1, 4, 8, 16, 32],
      arms: [
        { ...hardOnly, passAtK },
        { ...pq, passAtK, difference: passAtK },
      ],
    };
    for (const line of evaluationText(full, [], 80).split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
  });
});

describe('the evaluation in Markdown', () => {
  it('puts the interval beside the estimate', () => {
    expect(evaluationMarkdown(summary)).toContain('| SOAR-PQ | 6 | 41.2 [35.0, 47.1] | 100.0 [94.0, 100.0] |');
    expect(evaluationMarkdown(summary)).toContain('| SOAR-PQ | +41.2 [34.0, 47.0] | −2.0 [−10.0, 6.0] |');
  });

  it('has no second table without Hard-Only', () => {
    const { difference: _, ...alone } = pq;
    expect(evaluationMarkdown({ ...summary, arms: [alone] })).not.toContain('Difference');
  });
});

describe('the table as the paper states results', () => {
  it('has the mean and the standard deviation over seeds', () => {
    expect(deviationTable(summary).rows).toEqual([
      ['Hard-Only', '6', '0.0 ± 2.1', '1.0 ± 2.1'],
      ['SOAR-PQ', '6', '41.2 ± 2.1', '100.0 ± 2.1'],
    ]);
  });
});

describe('the headline', () => {
  it('compares the promotion questions with the hard problems alone', () => {
    const text = headline(summary)?.replaceAll('\u00A0', ' ');
    expect(text).toContain('pass@1 of 41.2 % on held-out hard problems; on the hard problems alone, 0.0 %');
    expect(text).toContain('+41.2 points, 95 % interval 34.0…47.0');
  });

  it('needs both arms', () => {
    expect(headline({ ...summary, arms: [hardOnly] })).toBeUndefined();
  });
});
