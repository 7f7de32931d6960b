import { describe, expect, it } from 'vitest';
import { parseXml } from '../../test/report/xml.js';
import type { ArmResult } from '../evaluate/arm-result.js';
import { reportHtml } from './html.js';
import type { RunReportData } from './types.js';

const cost = { tokensSampled: 0, tokensTrained: 0, graded: 0 };
const result = (arm: ArmResult['arm'], seed: number, successes: number[]): ArmResult => {
  const heldOut = [
    { step: 0, correct: 0 },
    { step: 2, correct: seed / 4 },
  ];
  const training = { reward: [1, 2], correct: [0.1, 0.2], answered: [1, 1], heldOut };
  return { arm, seed, samples: 4, successes, answered: 1, questions: 0, training, cost };
};

const attack = '</td><script>alert(1)</script><img src=x onerror="alert(2)">';

const tokens = { tokensRead: 2_000_000, tokensCached: 8_000_000, tokensSampled: 9_000_000, tokensTrained: 3_000_000 };

const data: RunReportData = {
  name: 'run <1>',
  state: 'finished',
  facts: [['preset', 'programs']],
  threshold: 0.01,
  window: 3,
  steps: [0, 1].map((step) => ({
    step,
    stepMean: 0.02,
    movingAverage: 0.02,
    datasetRewards: [0, 0.04],
    baselineAccuracy: 0.1,
    validRate: 0.9,
    kinds: { 'program-1': 3, [attack]: 1 },
    promoted: step === 1,
  })),
  stages: [{ promotions: 0, steps: [0, 1], samples: [{ question: attack, answer: "'&", kind: attack }] }],
  promotionQuestions: [{ step: 1, accuracy: 0.25, questions: [{ question: 'q', answer: attack, kind: 'k' }] }],
  evaluation: {
    results: [
      result('hard-only', 0, [0, 0]),
      result('hard-only', 1, [0, 1]),
      result('pq', 0, [4, 3]),
      result('pq', 1, [2, 2]),
    ],
    skipped: [{ arm: 'ps', reason: 'a reason' }],
    settings: { ks: [1, 4], bootstrap: { resamples: 200, confidence: 0.95 } },
  },
  spending: {
    parts: [{ part: 'studies', seconds: 100, ...tokens, money: 12.5 }],
    roles: [{ role: 'student', completions: 70_000, waited: 400, ...tokens, money: 12.5 }],
    unit: 'EUR',
    bill: { unit: 'EUR', money: 12.5, gpuHours: null, projected: 250, finished: false },
  },
  config: `name: "${attack}"`,
};

const rows = (html: string) =>
  html.split('<tr>').map((row) =>
    row
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );

describe('reportHtml', () => {
  const html = reportHtml(data);

  it('escapes whatever a model wrote, wherever it stands', () => {
    expect(/<script/i.exec(html)).toBeNull();
    expect(/<img/i.exec(html)).toBeNull();
    expect(html.split('&lt;script&gt;alert(1)').length - 1).toBeGreaterThanOrEqual(5);
  });

  it('asks nothing of a network, and forbids it', () => {
    const addresses = [...html.matchAll(/https?:\/\/[^"'\s)<]+/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
    expect(/<(link|iframe|object|embed|base)\b|@import|url\(|<[^>]*\s(src|href)=/i.exec(html)?.[0]).toBeUndefined();
    expect(html.includes(`content="default-src 'none'; style-src 'unsafe-inline'"`)).toBe(true);
  });

  it('has well-formed figures: pass@k, two learning curves, rewards, students, kinds', () => {
    const figures = [...html.matchAll(/<figure>(.*?)<\/figure>/gs)].map(([, svg]) => parseXml(svg));
    expect(figures).toHaveLength(6);
    expect(/.{20}(NaN|undefined|Infinity)/.exec(html)?.[0]).toBeUndefined();
  });

  it('leads with the result and shows the tables', () => {
    // pass@1 of pq: (1 + .75 + .5 + .5)/4; of hard-only .25/4.
    const lead = /<p class="lead">(.*?)<\/p>/.exec(html)?.[1].replaceAll('\u00A0', ' ');
    expect(lead).toContain('pass@1 of 68.8 %');
    expect(lead).toContain('alone, 6.3 %');
    expect(rows(html).find((row) => row.startsWith('SOAR-PQ'))).toMatch(/^SOAR-PQ 2 68\.8 .*100\.0/);
    expect(rows(html).find((row) => row.startsWith('studies 1'))).toMatch(
      /^studies 1 min 40 s 2\.00M 8\.00M 9\.00M 3\.00M 120k 12\.50/,
    );
    expect(rows(html).find((row) => row.startsWith('student 70'))).toMatch(
      /^student 70\.0k 2\.00M 8\.00M 9\.00M 3\.00M 6 min 40 s 12\.50/,
    );
    expect(html).toContain('Spent so far: 12.50 EUR, of 250 EUR projected.');
    expect(html.includes('Not run: ps, because a reason.')).toBe(true);
    expect(html.includes('Promotion 1, at step 1: 1 question; the promoted student solves 25.0 %')).toBe(true);
  });

  it('shows a run that has only begun', () => {
    const { evaluation: _, ...rest } = data;
    const spending = { parts: [], roles: [], unit: 'USD' };
    const begun = reportHtml({ ...rest, state: 'running', steps: [], stages: [], promotionQuestions: [], spending });
    expect(begun).toContain('still going on');
    expect(begun).toContain('0 outer steps, 0 promotions.');
    expect(begun).not.toContain('<svg');
  });

  it('shows an evaluation that could run nothing', () => {
    const nothing = reportHtml({ ...data, evaluation: { ...data.evaluation!, results: [] } });
    expect(nothing).toContain('Not run: ps, because a reason.');
    expect(nothing).not.toContain('NaN');
  });
});
