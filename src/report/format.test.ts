import { describe, expect, it } from 'vitest';
import { compact, duration, money, percent, plural, signedPercent } from './format.js';

describe('format', () => {
  it('writes shares as per cent, with a true minus and no signed zero', () => {
    expect([percent(0.4123), percent(1), percent(-0.025), percent(-0.0001), percent(0.056, 0)]).toEqual([
      '41.2',
      '100.0',
      '−2.5',
      '0.0',
      '6',
    ]);
    expect([signedPercent(0.4123), signedPercent(-0.025), signedPercent(0), signedPercent(0.0001)]).toEqual([
      '+41.2',
      '−2.5',
      '0.0',
      '0.0',
    ]);
  });

  it.each([
    [0, '0'],
    [950, '950'],
    [12_345, '12.3k'],
    [999_400, '999k'],
    [999_600, '1.00M'],
    [4_560_000, '4.56M'],
    [1.2e9, '1.20G'],
  ])('writes %d as %s', (count, text) => {
    expect(compact(count)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [8.44, '8.4 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 00 s'],
    [372, '6 min 12 s'],
    [3599.6, '1 h 00 min'],
    [11_100, '3 h 05 min'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('counts', () => {
    expect([plural(0, 'promotion'), plural(1, 'promotion'), plural(2, 'promotion')]).toEqual([
      '0 promotions',
      '1 promotion',
      '2 promotions',
    ]);
  });
});

it.each([
  [12_345.6, '12,346 USD'],
  [12.3, '12.30 USD'],
  [0.00421, '0.0042 USD'],
  [0, '0.00 USD'],
])('writes %d as %s', (sum, text) => {
  expect(money(sum, 'USD')).toBe(text);
});
