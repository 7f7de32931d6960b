/** What is still right; what is not is in conformance/refusals.ts, through every engine. */
import { describe, expect, it } from 'vitest';
import { checkPrompts, checkSequences, checkTrainingBatch } from './checks.js';
import type { SamplingOptions, TrainingBatch } from './engine.js';

const ids = (...tokens: number[]) => Int32Array.from(tokens);
const options: SamplingOptions = { samplesPerPrompt: 1, maxNewTokens: 3, temperature: 0, stopTokens: [], seed: '' };
const context = (contextLength: number) => ({ contextLength, contextFrom: 'sliding_window of config.json' });

describe('checks', () => {
  it('let pass a prompt that fills the context with its completion, and the last token of the vocabulary', () => {
    expect(() => checkPrompts([ids(0, 1, 2, 9, 0)], options, context(8), 10)).not.toThrow();
    expect(() => checkPrompts([ids(0, 1, 2, 9, 0)], options, context(7), 10)).toThrow(
      /prompt 0 has 5 tokens and may get 3 more, the context holds 7 \(sliding_window of config\.json\)$/,
    );
    expect(() => checkPrompts([], { ...options, topK: 100, topP: 1 }, context(8), 10)).not.toThrow();
  });

  it('let pass a sequence without a completion', () => {
    expect(() => checkSequences([{ tokens: ids(1, 2), promptLength: 2 }], context(2), 10)).not.toThrow();
  });

  it('ask only for what the objective uses', () => {
    const sequence = { tokens: ids(1, 2, 3), promptLength: 1, advantage: 1, weight: Float32Array.of(1, 1) };
    const check = (batch: Omit<TrainingBatch, 'sequences'>, more = {}) =>
      checkTrainingBatch({ ...batch, sequences: [{ ...sequence, ...more }] }, context(8), 10);
    const two = Float32Array.of(-1, -1);
    expect(() => check({ objective: 'log-likelihood' })).not.toThrow();
    expect(() => check({ objective: 'log-likelihood', klCoefficient: 0 })).not.toThrow();
    expect(() => check({ objective: 'policy-gradient' })).toThrow('samplerLogprobs of sequence 0 is missing');
    expect(() => check({ objective: 'policy-gradient' }, { samplerLogprobs: two })).not.toThrow();
    expect(() => check({ objective: 'log-likelihood', klCoefficient: 1 })).toThrow(
      'referenceLogprobs of sequence 0 is missing',
    );
    expect(() => check({ objective: 'log-likelihood', klCoefficient: 1 }, { referenceLogprobs: two })).not.toThrow();
  });
});
