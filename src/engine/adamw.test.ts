import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adamwStep, newMoments, norm } from './adamw.js';
import type { OptimizerStep } from './engine.js';

const step: OptimizerStep = {
  learningRate: 0.1,
  beta1: 0.5,
  beta2: 0.75,
  epsilon: 0.5,
  weightDecay: 0.2,
  maxGradNorm: 0,
};

const digits = (values: Float32Array) => Array.from(values, (value) => Number(value.toFixed(6)));

describe('adamwStep', () => {
  it('makes two steps as worked out by hand', () => {
    const weights = Float32Array.of(1, -2);
    // Step 1, g = (3, -4): m = g/2, v = g^2/4; corrected by 1/0.5 and 1/0.25: mhat = g, vhat = g^2.
    // p = 1 - 0.1 (3 / 3.5 + 0.2 * 1) = 0.894286;  p = -2 - 0.1 (-4 / 4.5 + 0.2 * -2) = -1.871111
    const g1 = Float32Array.of(3, -4);
    const one = adamwStep(weights, g1, newMoments(2), step, norm(g1));
    expect(digits(weights)).toEqual([0.894286, -1.871111]);
    expect([digits(one.m), digits(one.v), one.steps]).toEqual([[1.5, -2], [2.25, 4], 1]);
    // Step 2, g = (1, 0): m = (1.25, -1), v = (1.9375, 3); corrections 1/0.75 and 1/0.4375.
    // mhat = (1.666667, -1.333333), sqrt(vhat) = (2.104417, 2.618615)
    // p = 0.894286 - 0.1 (1.666667 / 2.604417 + 0.2 * 0.894286) = 0.812406
    // p = -1.871111 - 0.1 (-1.333333 / 3.118615 + 0.2 * -1.871111) = -1.790935
    const g2 = Float32Array.of(1, 0);
    const two = adamwStep(weights, g2, one, step, norm(g2));
    expect([digits(two.m), digits(two.v), two.steps]).toEqual([[1.25, -1], [1.9375, 3], 2]);
    expect(weights[0]).toBeCloseTo(0.812406, 5);
    expect(weights[1]).toBeCloseTo(-1.790935, 5);
  });

  it.each([
    ['to half when the norm is twice the limit', 2.5, 0.5],
    ['not at all when the norm is the limit', 5, 1],
    ['not at all when the norm is below the limit', 6, 1],
    ['not at all when switched off', 0, 1],
  ])('clips %s', (_, maxGradNorm, factor) => {
    const gradient = Float32Array.of(3, -4);
    const { m } = adamwStep(new Float32Array(2), gradient, newMoments(2), { ...step, maxGradNorm }, 5);
    expect(digits(m)).toEqual([1.5 * factor, -2 * factor]);
    expect([...gradient]).toEqual([3, -4]);
  });

  it('decays by learningRate * weightDecay whatever the gradient is', () => {
    const [decayed, plain] = [Float32Array.of(5, -7), Float32Array.of(5, -7)];
    const gradient = Float32Array.of(0.3, 100);
    adamwStep(decayed, gradient, newMoments(2), step, norm(gradient));
    adamwStep(plain, gradient, newMoments(2), { ...step, weightDecay: 0 }, norm(gradient));
    expect(decayed[0] - plain[0]).toBeCloseTo(-0.02 * 5, 5);
    expect(decayed[1] - plain[1]).toBeCloseTo(-0.02 * -7, 5);
  });

  it('moves a weight by the learning rate at the first step, against the sign of its gradient', () => {
    const gradients = fc.array(fc.double({ noNaN: true, min: 0.001, max: 1000 }), { minLength: 1 });
    fc.assert(
      fc.property(gradients, fc.infiniteStream(fc.boolean()), (sizes, signs) => {
        const gradient = Float32Array.from(sizes, (size) => (signs.next().value ? size : -size));
        const weights = new Float32Array(sizes.length);
        adamwStep(weights, gradient, newMoments(sizes.length), { ...step, epsilon: 0 }, norm(gradient));
        weights.forEach((weight, i) => {
          expect(weight).toBeCloseTo(-Math.sign(gradient[i]) * 0.1, 5);
        });
      }),
      { seed: 1 },
    );
  });
});

describe('norm', () => {
  it('is the L2 norm, also where single precision would overflow', () => {
    expect(norm(Float32Array.of(2, -3, 6))).toBe(7);
    expect(norm(Float32Array.of(3e38, 0))).toBeCloseTo(Math.fround(3e38), -30);
    expect(norm(new Float32Array(0))).toBe(0);
    expect(norm(Float32Array.of(1, Number.NaN))).toBeNaN();
  });
});
