/** Sequences merged into one row give the sums that they give one by one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { raggedFloats } from './flat-batch.js';
import { addToTally, type Tally, type TokenTerms, tokenTerms } from './token-terms.js';
import type { FlatTrainingBatch } from './trainer.js';

const noSequences = { tokens: { data: new Int32Array(0), ends: new Int32Array(0) }, promptLengths: new Int32Array(0) };
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const perToken = (min: number, max: number, length: number) =>
  fc.array(number(min, max), { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));

/** Three to six sequences of the same four tokens. */
const cases = fc
  .record({
    objective: fc.constantFrom('policy-gradient' as const, 'log-likelihood' as const),
    withKl: fc.boolean(),
    members: fc.array(
      fc.record({
        gain: perToken(-2, 2, 4),
        sampler: perToken(-3, -0.1, 4),
        klWeight: perToken(0, 1, 4),
      }),
      { minLength: 3, maxLength: 6 },
    ),
    reference: perToken(-3, -0.1, 4),
    logprob: perToken(-3, -0.1, 4),
    entropy: perToken(0, 2, 4),
  })
  .map(({ objective, withKl, members, reference, ...outputs }) => {
    const batch: FlatTrainingBatch = {
      objective,
      sequences: noSequences,
      gain: raggedFloats(members.map(({ gain }) => gain)),
      ...(objective === 'policy-gradient' && { samplerLogprobs: raggedFloats(members.map(({ sampler }) => sampler)) }),
      ...(withKl && {
        kl: {
          weight: raggedFloats(members.map(({ klWeight }) => klWeight)),
          reference: raggedFloats(members.map(() => reference)),
        },
      }),
    };
    return { batch, count: members.length, ...outputs };
  });

const repeated = (values: Float32Array, times: number) =>
  Float32Array.from({ length: values.length * times }, (_, i) => values[i % values.length] as number);

function tallyOf(terms: TokenTerms, logprob: Float32Array, entropy: Float32Array): Tally {
  const tally = { loss: 0, entropy: 0, klSampler: 0, klReference: 0 };
  addToTally(tally, terms, logprob, entropy);
  return tally;
}

/** d(L)/d(logpi_t), from the coefficients alone. */
const slope = (terms: TokenTerms, logprob: Float32Array) =>
  Array.from(logprob, (logp, t) => {
    const kl = terms.kl ? terms.kl.weight[t]! * (1 - Math.exp(terms.kl.reference[t]! - logp)) : 0;
    return kl - terms.likelihood[t]! - terms.ratio[t]! * Math.exp(logp - terms.sampler[t]!);
  });

test('one row for identical sequences has their summed loss, diagnostics and gradient', () => {
  fc.assert(
    fc.property(cases, ({ batch, count, logprob, entropy }) => {
      const each = Array.from({ length: count }, (_, i) => [i]);
      const apart = tokenTerms(batch, each, 4 * count);
      const merged = tokenTerms(batch, [each.flat()], 4);
      const expected = tallyOf(apart, repeated(logprob, count), repeated(entropy, count));
      const actual = tallyOf(merged, logprob, entropy);
      for (const key of ['loss', 'entropy', 'klSampler', 'klReference'] as const) {
        expect(Math.abs(actual[key] - expected[key])).toBeLessThan(1e-4 * (1 + Math.abs(expected[key])));
      }
      const slopes = slope(apart, repeated(logprob, count));
      slope(merged, logprob).forEach((value, t) => {
        const sum = each.reduce((total, _, i) => total + slopes[i * 4 + t]!, 0);
        // Ratios reach e^2.9 here, opposite signs cancel.
        expect(Math.abs(value - sum)).toBeLessThan(2e-4);
      });
    }),
    { seed: 11 },
  );
});

test('rows stand one after the other, each as long as its completion', () => {
  const batch: FlatTrainingBatch = {
    objective: 'policy-gradient',
    sequences: noSequences,
    gain: raggedFloats([Float32Array.of(1, 2), Float32Array.of(3), Float32Array.of(10, 20)]),
    samplerLogprobs: raggedFloats([Float32Array.of(-1, -2), Float32Array.of(-3), Float32Array.of(-1, -2)]),
  };
  const terms = tokenTerms(batch, [[1], [0, 2]], 3);
  expect([...terms.count]).toEqual([1, 2, 2]);
  expect([...terms.ratio]).toEqual([3, 11, 22]);
  expect([...terms.sampler]).toEqual([-3, -1, -2]);
  expect([...terms.samplerSum]).toEqual([-3, -2, -4]);
  expect([...terms.likelihood]).toEqual([0, 0, 0]);
  expect(terms.kl).toBeUndefined();
});
