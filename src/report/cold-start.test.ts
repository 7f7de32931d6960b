import { expect, it } from 'vitest';
import { coldStart } from '../evaluate/cold-start.js';
import { coldStartFigure, coldStartMarkdown, coldStartText } from './cold-start.js';

const outcomes = Array.from({ length: 12 }, (_, i) => ({
  attempts: 128,
  successes: i % 3 === 0 ? 0 : i,
  first: i % 3 === 0 ? null : 128 - i,
  level: `Level ${i % 2}`,
}));
const audit = coldStart(outcomes, { attempts: 128, stopAtFirstSuccess: false });

it('the table says the share without a success for every k, with its range', () => {
  const text = coldStartText(audit, 80);
  for (const part of ['0 of 1 ', '0 of 8 ', '0 of 32 ', '0 of 128 ', 'Level 0', 'Level 1', '33.3', '95 % intervals']) {
    expect(text).toContain(part);
  }
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  expect(coldStartMarkdown(audit)).toMatch(/\| all \| 12 \| .* \| 33\.3 \d/);
});

it('the figure names its groups and shows k as it is', () => {
  const svg = coldStartFigure(audit);
  for (const part of ['>all<', '>Level 0<', '>128<', '>1<', 'attempts k']) expect(svg).toContain(part);
  expect(svg).not.toContain('NaN');
});
