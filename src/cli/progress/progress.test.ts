import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../run/events.js';
import { noCost } from '../../run/ledger.js';
import { bar, count, duration, sparkline, topKinds } from './format.js';
import { eventLine } from './lines.js';
import { liveBlock } from './live-block.js';
import { emptyView, secondsLeft, tokensPerSecond, viewAfter } from './run-view.js';
import { showProgress } from './show.js';

const colors = pc.createColors(false);

const started: RunEvent = {
  event: 'started',
  name: 'demo',
  folder: 'runs/demo',
  resumed: false,
  preset: 'programs',
  seed: 1,
  outerSteps: 10,
  step: 0,
  arms: ['pq'],
  evaluations: 4,
  evaluated: 0,
  completions: { outerStep: 1000, evaluation: 2500 },
};
const stepEvent = (step: number, seconds: number, finished: string | null = null): RunEvent => ({
  event: 'step',
  step,
  reward: 0.01 * step,
  movingAverage: 0.02,
  threshold: 0.01,
  best: 0.1,
  baselineAccuracy: 0,
  validRate: 0.9,
  kinds: { 'program-3': 3, sort: 1 },
  promotions: step === 2 ? 1 : 0,
  promoted: step === 2,
  finished,
  seconds,
  cost: { ...noCost, sampledTokens: 1000 },
});
const pulse = (seconds: number, sampledTokens: number): RunEvent => ({
  event: 'pulse',
  seconds,
  cost: { ...noCost, sampledTokens, trainedTokens: sampledTokens / 2 },
});
const viewOf = (...events: RunEvent[]) => events.reduce(viewAfter, emptyView);

describe('format', () => {
  it.each([
    [7.4, '7 s'],
    [103, '1:43'],
    [3600, '1:00:00'],
    [7503, '2:05:03'],
  ])('%d seconds read %s', (seconds, text) => expect(duration(seconds)).toBe(text));
  it.each([
    [950, '950'],
    [8420, '8.4k'],
    [9960, '10k'],
    [98_400, '98k'],
    [999_600, '1.0M'],
    [1_230_000, '1.2M'],
  ])('%d reads %s', (n, text) => expect(count(n)).toBe(text));
  it('bars and sparklines', () => {
    expect(bar(0.5, 4)).toBe('██░░');
    expect(bar(7, 4)).toBe('████');
    expect(sparkline([0, 0.5, 1])).toBe('▁▅█');
    expect(sparkline([0, 0])).toBe('▁▁');
    expect(sparkline([])).toBe('');
  });
  it('the commonest kinds first, ties by name', () => {
    expect(topKinds({ b: 1, a: 1, c: 2 }, 2)).toEqual([
      { kind: 'c', share: 0.5 },
      { kind: 'a', share: 0.25 },
    ]);
  });
});

describe('run view', () => {
  it('measures tokens per second over the last 20 seconds', () => {
    const view = viewOf(started, pulse(0, 0), pulse(10, 100), pulse(25, 3100), pulse(30, 4100));
    expect(tokensPerSecond(view)).toEqual({ sampled: 200, trained: 100 });
  });

  // Steps of 6 and 4 s: 5 s each. 8 steps left, less the half that is done; 4 units of 2.5 steps' work.
  it('estimates the time left from the pace of the last steps', () => {
    expect(secondsLeft(viewOf(started))).toBeUndefined();
    const view = viewOf(started, stepEvent(0, 6), stepEvent(1, 4), {
      event: 'step-started',
      step: 2,
      promotions: 0,
      studies: 16,
    });
    expect(secondsLeft(view)).toBe(8 * 5 + 4 * 12.5);
    expect(secondsLeft(viewAfter(view, { event: 'studying', step: 2, done: 80, of: 160 }))).toBe(7.5 * 5 + 50);
  });

  it('counts no outer steps once the loop is over, and parts of units under way', () => {
    const over = viewOf(started, stepEvent(0, 5, 'baseline-accuracy'));
    expect(secondsLeft(over)).toBe(4 * 12.5);
    const half = viewAfter(over, { event: 'evaluating', unit: 'pq-0', step: 25, of: 50, correct: 0 });
    expect(secondsLeft(half)).toBe(3.5 * 12.5);
    const done = viewAfter(half, { event: 'evaluated', unit: 'pq-0', correct: 0.5, done: 1, of: 4, seconds: 9 });
    expect(secondsLeft(done)).toBe(3 * 12.5);
  });
});

it('a run that frees what a dead process left has not ended', () => {
  const freed: RunEvent = { event: 'recovered', adapters: 1, steps: 2, tokens: 30 };
  expect(viewOf(started, freed).phase).toBe(viewOf(started).phase);
});

describe('what is shown', () => {
  it('the live block tells step, reward, average, tau, valid rate, kinds and promotions', () => {
    const block = liveBlock(viewOf(started, stepEvent(0, 5), stepEvent(1, 5), stepEvent(2, 5)), 63, colors).join('\n');
    for (const part of ['outer step 4', '1:03', '0.0200', 'average  0.0200', 'tau 0.01', '90 %', 'promotions 1']) {
      expect(block).toContain(part);
    }
    expect(block).toContain('program-3 ██████░░ 75 %');
  });

  it('the bill so far and what is projected, where there are prices', () => {
    const bill = { unit: 'EUR', money: 12.3, gpuHours: null, projected: 340.2 };
    const paid: RunEvent = { event: 'pulse', seconds: 1, cost: noCost, bill };
    expect(liveBlock(viewOf(started, stepEvent(0, 5), paid), 63, colors).at(-1)).toMatch(
      /^ {2}bill +12\.30 EUR of 340 EUR$/,
    );
    const line = eventLine({ ...(stepEvent(0, 5) as Extract<RunEvent, { event: 'step' }>), bill }, colors);
    expect(line).toContain('12.30 EUR of 340 EUR');
    expect(eventLine(stepEvent(0, 5), colors)).not.toContain(' of ');
    expect(liveBlock(viewOf(started, stepEvent(0, 5)), 63, colors).join()).not.toContain('bill');
  });

  it('no terminal: a line per finished unit, without escapes', () => {
    let text = '';
    const { listener } = showProgress({ write: (part) => (text += part) }, false);
    for (const event of [started, pulse(1, 1), stepEvent(2, 5)]) listener(event);
    expect(text.split('\n')).toHaveLength(3);
    // 7 steps of 5 s are left, and 4 units of 12.5 s.
    expect(text).toMatch(/step {3}3 .*promotion 1 {2}at most 1:25 left\n/);
    expect(text).not.toContain('\x1b');
  });

  it('JSON: every event but the pulse, one object per line', () => {
    let text = '';
    const { listener } = showProgress({ write: (part) => (text += part), isTTY: true }, true);
    for (const event of [started, pulse(1, 1), stepEvent(2, 5)]) listener(event);
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([started, { ...stepEvent(2, 5), secondsLeft: 85 }]);
  });

  it('a terminal: the block is erased by as many lines as it has, and no line wraps', () => {
    let text = '';
    const output = { write: (part: string) => (text += part), isTTY: true, columns: 40 };
    const term = { TERM: process.env.TERM, CI: process.env.CI };
    process.env.TERM = 'xterm';
    delete process.env.CI;
    try {
      const progress = showProgress(output, false);
      progress.listener(started);
      progress.listener({ event: 'step-started', step: 0, promotions: 0, studies: 16 });
      text = '';
      progress.listener(stepEvent(0, 5));
      progress.close();
      const [line, ...block] = text.split('\n');
      expect(line).toMatch(/step {3}1/);
      const end = block.pop();
      expect(end).toBe(`\x1b[${block.length}A\x1b[0J`);
      for (const row of block) expect(row.length).toBeLessThan(40);
    } finally {
      process.env.TERM = term.TERM;
      if (term.CI !== undefined) process.env.CI = term.CI;
    }
  });
});
