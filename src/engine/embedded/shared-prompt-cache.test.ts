import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shapeOf, type TinyModelName, writeTinyModels } from '../conformance/tiny-model.js';
import type { Engine, SamplingOptions } from '../engine.js';
import { createEmbeddedEngine } from './embedded-engine.js';
import type { PromptCache } from './kv-cache.js';
import type { Feeds, Results } from './session.js';
import { SharedPromptCache } from './shared-prompt-cache.js';

const texts = ['ab?', '', 'hgfe=abcd?', 'c', 'abcabc='];
const sampling: SamplingOptions = {
  samplesPerPrompt: 6,
  maxNewTokens: 9,
  temperature: 1,
  stopTokens: [],
  seed: 'shared',
};

describe('decoding with prompts that stand once', () => {
  let models: Awaited<ReturnType<typeof writeTinyModels>>;
  const engines: Engine[] = [];
  beforeAll(async () => {
    models = await writeTinyModels();
  });
  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await models.remove();
  });
  const opened = async (settings: Parameters<typeof createEmbeddedEngine>[0], model: TinyModelName = 'untied') => {
    const engine = createEmbeddedEngine(settings);
    engines.push(engine);
    return engine.open({ folder: models.folder(model) });
  };
  const sample = async (
    policy: Awaited<ReturnType<typeof opened>>,
    options: Partial<SamplingOptions>,
    prompts = texts,
  ) =>
    policy.sample(
      prompts.map((text) => policy.tokenizer.encode(text)),
      { ...sampling, ...options },
    );

  it.each<[TinyModelName, number, Partial<SamplingOptions>]>([
    // Two query heads share a key head; slots for fewer completions than a prompt has, for some of two prompts, for all.
    ['untied', 4, {}],
    ['untied', 9, { stopStrings: ['=d', 'h', '.'], temperature: 1.4 }],
    ['untied', 64, { temperature: 0.7 }],
    ['untied', 3, { temperature: 0 }],
    ['untied', 1, { samplesPerPrompt: 2 }],
    ['untied', 7, { samplesPerPrompt: 1 }],
    ['tied', 5, { topK: 4 }],
  ])('draws what decoding with copies draws (%s head, %d slots, %j)', async (model, slots, options) => {
    const [shared, apart] = await Promise.all(
      [true, false].map(async (sharedPrompts) =>
        sample(await opened({ workers: 1, slots, sharedPrompts }, model), options),
      ),
    );
    expect(shared).toHaveLength(texts.length);
    for (const [p, group] of apart.entries()) {
      for (const [c, expected] of group.entries()) {
        const actual = shared[p][c];
        expect([[...actual.tokens], actual.stopReason]).toEqual([[...expected.tokens], expected.stopReason]);
        for (const [t, logprob] of expected.logprobs.entries()) expect(actual.logprobs[t]).toBeCloseTo(logprob, 5);
      }
    }
    if (options.temperature === 0) return;
    // It is another computation, down to the last bits.
    expect(shared).not.toEqual(apart);
  });

  it('gives the same bytes on 1 and 2 workers, again and again', async () => {
    const stopTokens = [3];
    const run = async (workers: number) => {
      const policy = await opened({ workers, slots: 5, chunk: 12, sharedPrompts: true });
      return [await sample(policy, { stopTokens }), await sample(policy, { stopTokens })];
    };
    const [first, again] = await run(1);
    expect(again).toEqual(first);
    expect(await run(2)).toEqual([first, again]);
  });
});

describe('the cache of shared prompts', () => {
  const shape = { ...shapeOf('untied'), layers: 1, heads: 2, kvHeads: 1, headSize: 2 };
  /** Its keys and values are its own number, everywhere. */
  const prompt = (number: number, length: number): PromptCache => {
    const numbers = [new Float32Array(length * 2).fill(number)];
    return { prompt: number, length, keys: numbers, values: numbers };
  };
  const step = (numbers: readonly number[]): Results => {
    const tokens = Float32Array.from(numbers.flatMap((number) => [number, number]));
    return { key_0: tokens, value_0: tokens };
  };
  const numbers = (feeds: Feeds, name: string) => Array.from(feeds[name]?.data as ArrayLike<number | bigint>, Number);
  /** [prompts] or [slots][room]: the number that a block has at each kept token. */
  const kept = (feeds: Feeds, name: 'past' | 'prompt') => {
    const [blocks, room] = [feeds[`${name}_key_0`]?.dims[0] as number, feeds[`${name}_key_0`]?.dims[2] as number];
    const [keys, mask] = [numbers(feeds, `${name}_key_0`), numbers(feeds, `${name}_mask`)];
    expect(numbers(feeds, `${name}_value_0`).filter((_, i) => mask[i >> 1] === 0)).toEqual(
      keys.filter((_, i) => mask[i >> 1] === 0),
    );
    return Array.from({ length: blocks }, (_, b) =>
      Array.from({ length: room }, (_, t) => b * room + t).flatMap((at) => (mask[at] === 0 ? [keys[2 * at]] : [])),
    );
  };

  it('holds each prompt once while a slot needs it, and says which queries go to which', () => {
    const cache = new SharedPromptCache(shape, 3);
    cache.clear(5);
    cache.admit(0, prompt(7, 2));
    cache.admit(1, prompt(8, 3));
    cache.admit(2, prompt(7, 2));
    const first = cache.feeds(3);
    expect(kept(first, 'prompt')).toEqual([
      [7, 7],
      [8, 8, 8],
    ]);
    expect(kept(first, 'past')).toEqual([[], [], []]);
    expect(first.queries_by_prompt?.dims).toEqual([2, 1, 4, 3]);
    // (slot, key head, query head): slots 0 and 2; slot 1 and a gap of two.
    expect(numbers(first, 'queries_by_prompt')).toEqual([
      0, 0, 0, 0, 0, 1, 2, 0, 0, 2, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0,
    ]);
    // (prompt, key head, place among its queries).
    expect(numbers(first, 'queries_by_slot')).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 2, 0, 0, 3]);

    cache.append(3, step([10, 11, 12]));
    expect([0, 1, 2].map((slot) => cache.length(slot))).toEqual([3, 4, 3]);
    // Slot 0 ends and slot 2 fills the hole; then slot 0 ends again: nothing needs prompt 7, and 8 moves to its place.
    cache.move(2, 0);
    expect(kept(cache.feeds(2), 'past')).toEqual([[12], [11]]);
    cache.move(1, 0);
    const second = cache.feeds(1);
    expect(kept(second, 'prompt')).toEqual([[8, 8, 8]]);
    expect(kept(second, 'past')).toEqual([[11]]);
    expect(cache.length(0)).toBe(4);
    expect(numbers(second, 'queries_by_slot')).toEqual([0, 0, 0, 0, 0, 1]);

    // A longer prompt joins, and slot 0 parts: its tokens are copied, its prompt is not.
    cache.admit(1, prompt(9, 11));
    cache.append(2, step([13, 14]));
    cache.copy(0, 2);
    const third = cache.feeds(3);
    expect(kept(third, 'prompt')).toEqual([[8, 8, 8], new Array(11).fill(9)]);
    expect(kept(third, 'past')).toEqual([[11, 13], [14], [11, 13]]);
    expect(third.queries_by_prompt?.dims).toEqual([2, 1, 4, 3]);
  });
});
