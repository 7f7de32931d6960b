/** Conformance: what is sampled, how often, and where it ends. */
import { describe, expect, it } from 'vitest';
import type { Capabilities, Completion, Policy, SamplingOptions } from '../engine.js';
import { completionOf, joined, nextLogprobs } from './texts.js';
import type { Open, TinyModelName } from './tiny-model.js';

const plain: SamplingOptions = {
  samplesPerPrompt: 4,
  maxNewTokens: 8,
  temperature: 1,
  stopTokens: [],
  seed: 'sampling',
};
const texts = ['ab?', '', 'hgfe='];

const sample = (policy: Policy, options: Partial<SamplingOptions>, prompts: readonly string[] = texts) =>
  policy.sample(
    prompts.map((prompt) => policy.tokenizer.encode(prompt)),
    { ...plain, ...options },
  );

/** Of first tokens. [vocabulary] */
function firstTokenCounts(completions: readonly Completion[], vocabularySize: number): number[] {
  const counts: number[] = new Array(vocabularySize).fill(0);
  for (const { tokens } of completions) counts[tokens[0]]++;
  return counts;
}

/**
 * Pearson's statistic, cells with fewer than 5 expected put together, standardised (Wilson & Hilferty 1931): above 3.09 once in
 * a thousand seeds of a correct sampler.
 */
function surprise(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const cells: [observed: number, expected: number][] = [];
  const rare: [number, number] = [0, 0];
  counts.forEach((observed, i) => {
    const expected = total * probabilities[i];
    if (expected >= 5) cells.push([observed, expected]);
    else {
      rare[0] += observed;
      rare[1] += expected;
    }
  });
  if (rare[1] > 0) cells.push(rare);
  const statistic = cells.reduce((sum, [observed, expected]) => sum + (observed - expected) ** 2 / expected, 0);
  const freedom = cells.length - 1;
  return (Math.cbrt(statistic / freedom) - 1 + 2 / (9 * freedom)) / Math.sqrt(2 / (9 * freedom));
}

/** exp(logp / temperature), normalised, over the kept tokens. */
function heated(logprobs: Float32Array, temperature: number, kept = (_token: number) => true): number[] {
  const weights = Array.from(logprobs, (logp, token) => (kept(token) ? Math.exp(logp / temperature) : 0));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

const byProbability = (logprobs: Float32Array): number[] =>
  Array.from(logprobs.keys()).sort((a, b) => logprobs[b] - logprobs[a]);

export function describeSampling(open: Open, { seededSampling }: Capabilities, models: readonly TinyModelName[]): void {
  const seeded = it.skipIf(!seededSampling);
  describe('sampling', () => {
    it('gives each prompt its completions, of at least one and at most maxNewTokens tokens', async () => {
      const policy = await open();
      const groups = await sample(policy, {});
      expect(groups.map((group) => group.length)).toEqual([4, 4, 4]);
      for (const { tokens, logprobs, stopReason } of groups.flat()) {
        expect([tokens.length, logprobs.length, stopReason]).toEqual([8, 8, 'length']);
      }
      expect(await sample(policy, {}, [])).toEqual([]);
      await policy.release();
    });

    it.each([1, 0.6, 1.7])('draws tokens as often as their probability says at temperature %d', async (temperature) => {
      const policy = await open();
      const [completions] = await sample(policy, { samplesPerPrompt: 3000, maxNewTokens: 2, temperature }, ['ab?']);
      const prompt = policy.tokenizer.encode('ab?');
      const { vocabularySize } = policy.tokenizer;
      const texts = Array.from({ length: vocabularySize }, (_, token) => joined(prompt, Int32Array.of(token)).tokens);
      const [first, ...second] = await nextLogprobs(policy, [prompt, ...texts]);
      const p = heated(first, temperature);
      const pairs = p.flatMap((pFirst, token) => heated(second[token], temperature).map((q) => pFirst * q));
      const counts: number[] = new Array(pairs.length).fill(0);
      for (const { tokens } of completions) counts[tokens[0] * vocabularySize + tokens[1]]++;
      expect(surprise(counts, pairs)).toBeLessThan(3.09);
      // The test has teeth: other temperatures would be told apart.
      const wrong = p.flatMap((pFirst, token) => heated(second[token], temperature * 1.6).map((q) => pFirst * q));
      expect(surprise(counts, wrong)).toBeGreaterThan(3.09);
      await policy.release();
    });

    it.each<[Pick<SamplingOptions, 'topK' | 'topP'>, number]>([
      [{ topK: 3 }, 1],
      [{ topP: 0.7 }, 1],
      [{ topP: 0.7 }, 2],
      [{ topK: 4, topP: 0.6 }, 1.5],
    ])('keeps to %j at temperature %d', async (filter, temperature) => {
      const policy = await open();
      const prompt = policy.tokenizer.encode('?');
      const options = { ...filter, temperature, samplesPerPrompt: 1500, maxNewTokens: 1 };
      const [completions] = await sample(policy, options, ['?']);
      const [logprobs] = await nextLogprobs(policy, [prompt]);
      // Temperature, then the k most probable, then the fewest of those whose share reaches p.
      const ranked = byProbability(logprobs).slice(0, filter.topK ?? logprobs.length);
      const among = heated(logprobs, temperature, (token) => ranked.includes(token));
      let mass = 0;
      const kept = ranked.filter((token) => {
        const before = mass;
        mass += among[token];
        return before < (filter.topP ?? 1);
      });
      const counts = firstTokenCounts(completions, logprobs.length);
      const seen = Array.from(counts.keys()).filter((token) => counts[token] > 0);
      expect(kept.length).toBeLessThan(logprobs.length);
      expect(seen).toEqual(kept.toSorted((a, b) => a - b));
      expect(
        surprise(
          counts,
          heated(logprobs, temperature, (token) => kept.includes(token)),
        ),
      ).toBeLessThan(3.09);
      // Reported at temperature 1, over the whole vocabulary.
      for (const completion of completions.slice(0, 20)) {
        expect(completion.logprobs[0]).toBeCloseTo(logprobs[completion.tokens[0]], 5);
      }
      await policy.release();
    });

    it.skipIf(!models.includes('tied'))('decodes greedily at temperature 0: each token the most probable', async () => {
      const policy = await open('tied');
      const groups = await sample(policy, { temperature: 0, samplesPerPrompt: 2, seed: 'unused' });
      expect(groups).toEqual(await sample(policy, { temperature: 0, samplesPerPrompt: 2, seed: 'another' }));
      const prompts = texts.map((text) => policy.tokenizer.encode(text));
      for (const [i, [{ tokens }, twin]] of groups.entries()) {
        expect(twin.tokens).toEqual(tokens);
        const before = Array.from(tokens, (_, t) => joined(prompts[i], tokens.subarray(0, t)).tokens);
        const best = (await nextLogprobs(policy, before)).map((logprobs) => byProbability(logprobs)[0]);
        expect([...tokens]).toEqual(best);
      }
      await policy.release();
    });

    it.skipIf(!models.includes('flat'))('breaks greedy ties for the lowest token id', async () => {
      const policy = await open('flat');
      const groups = await sample(policy, { temperature: 0, samplesPerPrompt: 1 });
      for (const [{ tokens, logprobs }] of groups) {
        expect([...tokens]).toEqual(new Array(8).fill(0));
        expect(logprobs[0]).toBeCloseTo(-Math.log(policy.tokenizer.vocabularySize), 6);
      }
      await policy.release();
    });

    seeded('fixes completions by seed, prompt and place in the group, whatever else is asked for', async () => {
      const policy = await open();
      const all = await sample(policy, {});
      expect(await sample(policy, {})).toEqual(all);
      expect(await sample(policy, { seed: 'another' })).not.toEqual(all);
      expect(new Set(all.flat().map(({ tokens }) => tokens.join())).size).toBeGreaterThan(8);
      const tokens = (groups: Completion[][]) => groups.map((group) => group.map((c) => [...c.tokens]));
      expect(tokens(await sample(policy, { samplesPerPrompt: 2 }))).toEqual(
        tokens(all).map((group) => group.slice(0, 2)),
      );
      expect(tokens(await sample(policy, {}, texts.slice(0, 1)))).toEqual(tokens(all.slice(0, 1)));
      expect(tokens(await sample(policy, { maxNewTokens: 3 }))).toEqual(
        tokens(all).map((group) => group.map((completion) => completion.slice(0, 3))),
      );
      await policy.release();
    });

    seeded('ends a completion with its first stop token', async () => {
      const policy = await open();
      const options = { samplesPerPrompt: 40, maxNewTokens: 6 };
      const stopTokens = [...completionOf(policy, '.c')];
      const free = (await sample(policy, options)).flat();
      const stopped = (await sample(policy, { ...options, stopTokens })).flat();
      stopped.forEach(({ tokens, logprobs, stopReason }, i) => {
        const first = free[i].tokens.findIndex((token) => stopTokens.includes(token));
        expect(stopReason).toBe(first < 0 ? 'length' : 'stop');
        expect([...tokens]).toEqual([...free[i].tokens.subarray(0, first < 0 ? 6 : first + 1)]);
        expect(logprobs).toHaveLength(tokens.length);
      });
      const ends = stopped.map(({ tokens, stopReason }) => `${stopReason} ${tokens.length}`);
      expect(new Set(ends)).toEqual(
        expect.toSatisfy((seen: Set<string>) => seen.has('stop 6') && seen.has('length 6')),
      );
      await policy.release();
    });

    it('lets nothing follow a stop token or a stop string', async () => {
      const policy = await open();
      const options = { samplesPerPrompt: 60, maxNewTokens: 8, temperature: 1.5 };
      const [stop] = completionOf(policy, '.');
      const stopped = (await sample(policy, { ...options, stopTokens: [stop], stopStrings: ['=d', 'h'] })).flat();
      const ends = new Set<string>();
      for (const { tokens, stopReason } of stopped) {
        const before = policy.tokenizer.decode(tokens.subarray(0, -1));
        const whole = policy.tokenizer.decode(tokens);
        expect(before).not.toMatch(/\.|=d|h/);
        expect(stopReason).toBe(/\.|=d|h/.test(whole) ? 'stop' : 'length');
        if (stopReason === 'length') expect(tokens).toHaveLength(8);
        ends.add(stopReason === 'length' ? 'length' : whole.slice(-1));
      }
      expect(ends).toEqual(
        expect.toSatisfy((seen: Set<string>) => seen.has('.') && seen.has('h') && seen.has('length')),
      );
      await policy.release();
    });

    seeded('ends a completion where a stop string first occurs in it, not across the prompt', async () => {
      const policy = await open();
      const options = { samplesPerPrompt: 80, maxNewTokens: 8, temperature: 1.5 };
      const stopStrings = ['=d', 'hb', '?'];
      const prompts = ['ab=', 'abc'];
      const decode = ({ tokens }: Completion) => policy.tokenizer.decode(tokens);
      const free = (await sample(policy, options, prompts)).flat();
      const stopped = (await sample(policy, { ...options, stopStrings }, prompts)).flat();
      const endings = new Set<string>();
      stopped.forEach((completion, i) => {
        const { length } = free[i].tokens;
        const text = (to: number) => policy.tokenizer.decode(free[i].tokens.subarray(0, to));
        let to = 1;
        while (to < length && !stopStrings.some((string) => text(to).includes(string))) to++;
        const found = stopStrings.find((string) => text(to).includes(string));
        expect(decode(completion)).toBe(text(to));
        expect(completion.tokens).toHaveLength(to);
        expect(completion.stopReason).toBe(found === undefined ? 'length' : 'stop');
        endings.add(found ?? 'none');
      });
      expect(endings).toContain('none');
      expect(endings.size).toBeGreaterThan(2);
      expect(stopped.filter((completion, i) => i < 80 && decode(completion).startsWith('d'))).not.toEqual([]);
      await policy.release();
    });
  });
}
