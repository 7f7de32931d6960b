/** Conformance: log-probabilities are one thing, by whichever way they are asked for. */
import { describe, expect, it } from 'vitest';
import { joined, nextLogprobs, sequenceOf } from './texts.js';
import type { Open, TinyModelName } from './tiny-model.js';

export function describeLogProbabilities(open: Open, models: readonly TinyModelName[]): void {
  const heads = (['untied', 'tied'] as const).filter((model) => models.includes(model));
  describe('log-probabilities', () => {
    it.each(heads)('are a distribution over what may follow (%s head)', async (model) => {
      const policy = await open(model);
      const prompts = ['', 'ab?', 'hgfedcba?=.abc'].map((text) => policy.tokenizer.encode(text));
      for (const logprobs of await nextLogprobs(policy, prompts)) {
        expect(logprobs.reduce((sum, logp) => sum + Math.exp(logp), 0)).toBeCloseTo(1, 5);
      }
      await policy.release();
    });

    it.each(heads)('of a sampled completion are the scored ones to 1e-5 (%s head)', async (model) => {
      const policy = await open(model);
      const prompts = ['', 'ab?', 'hgfedcba?=.'].map((text) => policy.tokenizer.encode(text));
      const options = {
        samplesPerPrompt: 8,
        maxNewTokens: 12,
        temperature: 1.3,
        stopTokens: policy.tokenizer.endTokens,
      };
      const groups = await policy.sample(prompts, { ...options, seed: 'consistency' });
      const sequences = groups.flatMap((group, p) => group.map(({ tokens }) => joined(prompts[p], tokens)));
      const scored = await policy.logprobs(sequences);
      groups.flat().forEach(({ logprobs }, i) => {
        expect(scored[i]).toHaveLength(logprobs.length);
        logprobs.forEach((logp, t) => {
          expect(Math.abs(logp - scored[i][t])).toBeLessThan(1e-5);
        });
      });
      await policy.release();
    });

    it('of a sequence do not depend on its neighbours in the request', async () => {
      const policy = await open();
      const pairs = [
        ['a', 'b'],
        ['abcdefgh', 'hgfedcba?=.'],
        ['', 'c'],
        ['abc', '=d?'],
      ] as const;
      const sequences = pairs.map(([prompt, completion]) => sequenceOf(policy, prompt, completion));
      const together = await policy.logprobs(sequences);
      for (const [i, sequence] of sequences.entries()) {
        const [alone] = await policy.logprobs([sequence]);
        expect(alone).toHaveLength(pairs[i][1].length);
        alone.forEach((logp, t) => {
          expect(Math.abs(logp - together[i][t])).toBeLessThan(1e-5);
        });
      }
      await policy.release();
    });

    it('of nothing are nothing', async () => {
      const policy = await open();
      expect(await policy.logprobs([])).toEqual([]);
      const [none, some] = await policy.logprobs([sequenceOf(policy, 'ab', ''), sequenceOf(policy, 'ab', 'c')]);
      expect([none.length, some.length]).toEqual([0, 1]);
      await policy.release();
    });

    it('depend on the order of the tokens before', async () => {
      const policy = await open();
      const [ab, ba] = await policy.logprobs([sequenceOf(policy, 'abc', 'd'), sequenceOf(policy, 'bac', 'd')]);
      expect(Math.abs(ab[0] - ba[0])).toBeGreaterThan(1e-3);
      await policy.release();
    });
  });
}
