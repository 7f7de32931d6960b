import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream, randomStreamFromState } from './random.js';

const draws = (name: string, count: number) => {
  const stream = randomStream(name);
  return Array.from({ length: count }, () => stream.float());
};

describe('randomStream', () => {
  it('gives the same numbers for the same name, others for another', () => {
    expect(draws('7/outer-3', 5)).toEqual(draws('7/outer-3', 5));
    expect(draws('7/outer-3', 5)).not.toEqual(draws('7/outer-4', 5));
  });

  it('continues from its state', () => {
    const stream = randomStream('state');
    stream.float();
    const copy = randomStreamFromState(stream.state());
    expect([copy.float(), copy.integer(1000)]).toEqual([stream.float(), stream.integer(1000)]);
  });

  it('is uniform on [0, 1) and on the integers below a bound', () => {
    const floats = draws('uniform', 20_000);
    expect(Math.min(...floats)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...floats)).toBeLessThan(1);
    // The mean's standard error is sqrt(1/12 / 20000) = 0.002.
    expect(Math.abs(floats.reduce((a, b) => a + b, 0) / floats.length - 0.5)).toBeLessThan(0.01);
    const stream = randomStream('integers');
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) counts[stream.integer(5)]++;
    // Each is 4000 with standard deviation 57.
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(285);
  });

  it('shuffles into a permutation and leaves its argument alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, name) => {
        const before = [...items];
        const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
        expect(sorted(randomStream(name).shuffle(items))).toEqual(sorted(items));
        expect(items).toEqual(before);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
