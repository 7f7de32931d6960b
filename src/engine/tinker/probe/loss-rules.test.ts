import { expect, it } from 'vitest';
import { profiles } from '../profiles/profile.js';
import { type Experiment, fitting, gentle, idles, lossRules, one, type Probe, sizeOf, telling } from './loss-rules.js';

const { loss: jax } = profiles['skyrl-jax'];
const { loss: sum } = profiles['skyrl-megatron'];
const { loss: twinkle } = profiles.twinkle;

it('a gradient has the size that its rule says, by hand', () => {
  const heavy: Probe = { advantage: 1, weight: 3, short: true };
  const bold: Probe = { advantage: 2, ratio: 2 };
  // Sum: 3 * 1 + 2 * 2. Means: (3 * 1) / (2 * 3) + (2 * 2) / 4 over two datums, or over the five since the step.
  expect(sizeOf(sum, [[heavy, bold]], true)).toBe(7);
  expect(sizeOf(jax, [idles, [heavy, bold]], true)).toBeCloseTo(1.5 / 5);
  // A mask makes of 3 a 1; what is bold is clipped: 1 / 2 over two datums.
  expect(sizeOf({ ...twinkle, overTokens: 'sum' }, [idles, [heavy, bold]], true)).toBe(0.5);
  expect(sizeOf(twinkle, [idles, [heavy, bold]], true)).toBe(0.25);
  // Without weights the token of the prompt counts: 1 / 3 + 4 / 5.
  expect(sizeOf({ ...jax, overDatums: 'sum' }, [[heavy, bold]], false)).toBeCloseTo(1 / 3 + 4 / 5);
});

/** How far the nearest other rule is from each, as a factor. */
function apart(experiment: Experiment, reference: Experiment, takesWeights: boolean): number[] {
  const rules = takesWeights ? lossRules : lossRules.filter(({ weights }) => weights === 'factor');
  const quotients = rules.map((rule) => sizeOf(rule, experiment, takesWeights) / sizeOf(rule, reference, takesWeights));
  return quotients.map((a, i) => Math.min(...quotients.flatMap((b, j) => (i === j ? [] : [Math.max(a / b, b / a)]))));
}
const place = (rule: object, takesWeights: boolean) =>
  lossRules
    .filter(({ weights }) => takesWeights || weights === 'factor')
    .findIndex((one) => JSON.stringify(one) === JSON.stringify({ ...one, ...rule }));

it('the experiments tell rules apart as far as they say', () => {
  expect(Math.min(...apart([idles, telling], [[one]], true))).toBeGreaterThan(1.39);
  expect(apart([telling], [idles, [one]], true)[place(sum, true)]).toBeGreaterThan(1.39);
  const known = { ...twinkle, weights: 'factor' };
  expect(apart([idles, gentle], [[one]], true)[place(known, true)]).toBeGreaterThan(1.6);
  expect(apart([idles, gentle], [[one]], false)[place(sum, false)]).toBeGreaterThan(1.6);
});

it('keeps the rules that a finding fits, and none where it fits none', () => {
  const how = { takesWeights: true, tolerance: 1.15 };
  const reference = { experiment: [[one]], size: 3 };
  const found = (quotient: number) =>
    fitting(lossRules, reference, { experiment: [idles, telling], size: 3 * quotient }, how);
  // (1 * 4 / 8 + 8 * 8 * 4 / 8) / 10 against 1 / 4.
  expect(found(13)).toEqual([jax]);
  expect(found(13 * 1.1)).toEqual([jax]);
  expect(found(10_000)).toEqual([]);
  expect(found(Number.NaN)).toEqual([]);
});
