import { expect, it } from 'vitest';
import { llamaLayout } from './llama-shape.js';

const shape = {
  vocabularySize: 10,
  hiddenSize: 8,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 6,
  intermediateSize: 5,
  contextLength: 16,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};

it('lays the tensors of a checkpoint side by side, in forward order', () => {
  const { slots, size } = llamaLayout(shape);
  // q 24x8 + k 12x8 + v 12x8 + o 8x24 = 576; gate, up and down 5x8 each = 120; two norms of 8.
  expect(size).toBe(80 + 2 * (576 + 120 + 16) + 8 + 80);
  let end = 0;
  for (const { offset, size: length, shape: dims } of slots) {
    expect(offset).toBe(end);
    expect(length).toBe(dims.reduce((a, b) => a * b, 1));
    end += length;
  }
  expect(end).toBe(size);
  expect(slots.map(({ name, shape: dims }) => `${name} ${dims}`).slice(0, 11)).toEqual([
    'model.embed_tokens.weight 10,8',
    'model.layers.0.input_layernorm.weight 8',
    'model.layers.0.self_attn.q_proj.weight 24,8',
    'model.layers.0.self_attn.k_proj.weight 12,8',
    'model.layers.0.self_attn.v_proj.weight 12,8',
    'model.layers.0.self_attn.o_proj.weight 8,24',
    'model.layers.0.post_attention_layernorm.weight 8',
    'model.layers.0.mlp.gate_proj.weight 5,8',
    'model.layers.0.mlp.up_proj.weight 5,8',
    'model.layers.0.mlp.down_proj.weight 8,5',
    'model.layers.1.input_layernorm.weight 8',
  ]);
  expect(slots.at(-1)?.name).toBe('lm_head.weight');
});

it('has no head of its own where it is tied to the embedding', () => {
  const tied = llamaLayout({ ...shape, tiedEmbeddings: true });
  expect(tied.slots.at(-1)?.name).toBe('model.norm.weight');
  expect(tied.size).toBe(llamaLayout(shape).size - 80);
});
