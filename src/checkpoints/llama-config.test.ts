import { describe, expect, it } from 'vitest';
import { readLlamaConfig } from './llama-config.js';
import { llamaLayout } from './llama-shape.js';
import { rotaryFrequencies } from './rotary.js';

const plain = {
  model_type: 'llama',
  vocab_size: 20,
  hidden_size: 8,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 12,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};
const shapeOf = (changes: object) => readLlamaConfig({ ...plain, ...changes }, 'config.json').shape;
const added = (changes: object) =>
  llamaLayout(shapeOf(changes))
    .slots.map(({ name }) => name)
    .filter((name) => !llamaLayout(shapeOf({})).slots.some((slot) => slot.name === name));

describe('families', () => {
  it.each([
    [{ model_type: 'mistral', sliding_window: null }, []],
    [{ model_type: 'qwen2' }, ['q_proj.bias', 'k_proj.bias', 'v_proj.bias']],
    [{ model_type: 'qwen3', attention_bias: false }, ['q_norm.weight', 'k_norm.weight']],
    [{ attention_bias: true }, ['q_proj.bias', 'k_proj.bias', 'v_proj.bias', 'o_proj.bias']],
  ])('%j adds its parameters', (changes, names) => {
    expect(added(changes)).toEqual(
      [0, 1, 2].flatMap((layer) => names.map((name) => `model.layers.${layer}.self_attn.${name}`)),
    );
  });

  it('SmolLM3 leaves some layers unrotated', () => {
    expect(shapeOf({ model_type: 'smollm3', no_rope_layers: [1, 0, 1] }).unrotatedLayers).toEqual([1]);
    expect(shapeOf({ model_type: 'smollm3', no_rope_layers: [1, 1, 1] }).unrotatedLayers).toBeUndefined();
  });

  it('SmolLM3 that does not say: every fourth layer unrotated, tied embeddings, a rotary base of two million', () => {
    const unsaid = { model_type: 'smollm3', tie_word_embeddings: undefined, rope_theta: undefined };
    const eight = shapeOf({ ...unsaid, num_hidden_layers: 8 });
    expect(eight).toMatchObject({ unrotatedLayers: [3, 7], tiedEmbeddings: true, ropeTheta: 2e6 });
    expect(shapeOf({ ...unsaid, no_rope_layer_interval: 2 }).unrotatedLayers).toEqual([1]);
    expect(() => shapeOf({ ...unsaid, no_rope_layers: [1, 0] })).toThrow('no_rope_layers has 2 entries for 3 layers');
  });

  it.each([
    [{ model_type: 'mistral', sliding_window: 1024 }, 1024, 'sliding_window'],
    [{ model_type: 'mistral', sliding_window: 8192 }, 4096, 'max_position_embeddings'],
    [{ model_type: 'mistral', max_position_embeddings: 32768 }, 4096, 'sliding_window'],
    [{ model_type: 'mistral', max_position_embeddings: 32768, sliding_window: null }, 32768, 'max_position_embeddings'],
    [{ model_type: 'qwen2', sliding_window: 1024, use_sliding_window: false }, 4096, 'max_position_embeddings'],
    [{ model_type: 'qwen2', sliding_window: 1024, use_sliding_window: true }, 1024, 'sliding_window'],
  ])('a sliding window bounds the context: %j', (changes, context, contextKey) => {
    const found = readLlamaConfig({ ...plain, ...changes }, 'config.json');
    expect(found).toMatchObject({ shape: { contextLength: context }, contextKey });
  });

  it.each(['gemma2', 'gpt_neox', 'mixtral'])('%s is refused with the list of what works', (model_type) => {
    expect(() => shapeOf({ model_type })).toThrow(
      expect.objectContaining({
        code: 'MODEL_UNSUPPORTED',
        message: expect.stringContaining(model_type),
        remedy: expect.stringMatching(/llama, mistral, qwen2, qwen3, smollm3/),
      }),
    );
  });
});

describe('rotary frequencies', () => {
  it('are theta^(-2i / size), or divided by a factor', () => {
    expect([...rotaryFrequencies(shapeOf({}))]).toEqual([1, 0.01]);
    expect([...rotaryFrequencies(shapeOf({ rope_scaling: { type: 'linear', factor: 4 } }))]).toEqual([0.25, 0.0025]);
  });

  it('of Llama 3.1 stay, are slowed, or lie between, by their turns over the first context', () => {
    // Over 1000 tokens the pairs make 159 and 1.59 turns: many; and between 1 and 4, a share of (1.5915 - 1) / 3.
    const scaled = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 1000 };
    const [fast, middle] = rotaryFrequencies(shapeOf({ rope_scaling: { rope_type: 'llama3', ...scaled } }));
    expect(fast).toBe(1);
    const share = (10 / (2 * Math.PI) - 1) / 3;
    expect(middle).toBeCloseTo(0.01 * ((1 - share) / 8 + share), 12);
    const [, slow] = rotaryFrequencies(
      shapeOf({ rope_scaling: { rope_type: 'llama3', ...scaled, original_max_position_embeddings: 500 } }),
    );
    expect(slow).toBeCloseTo(0.01 / 8, 12);
  });
});
