import { describe, expect, it } from 'vitest';
import { type LlamaShape, llamaLayout } from '../checkpoints/llama-shape.js';
import type { PolicyState } from './engine.js';
import { decodeLlamaState, encodeLlamaState } from './llama-state.js';

const shape: LlamaShape = {
  vocabularySize: 3,
  hiddenSize: 4,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 2,
  intermediateSize: 6,
  contextLength: 8,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
const { size } = llamaLayout(shape);
const model = { shape, hash: 'base' };
const filled = (start: number) => Float32Array.from({ length: size }, (_, i) => start + i);
const moments = { m: filled(1000), v: filled(2000), steps: 7 };

describe('a llama state', () => {
  it('keeps weights, moments and the number of steps', () => {
    const state = { weights: filled(0), optimizer: moments };
    expect(decodeLlamaState(model, encodeLlamaState(model, state))).toEqual(state);
    expect(decodeLlamaState(model, encodeLlamaState(model, { weights: filled(5) }))).toEqual({ weights: filled(5) });
  });

  it('goes through JSON facts and named arrays', () => {
    const { format, facts, arrays } = encodeLlamaState(model, { weights: filled(0), optimizer: moments });
    expect(format).toBe('llama-flat-v1');
    expect(JSON.parse(JSON.stringify(facts))).toEqual({
      layout: expect.stringMatching(/^[0-9a-f]{16}$/),
      optimizerSteps: 7,
    });
    expect(Object.keys(arrays)).toEqual(['weights', 'adam.m', 'adam.v']);
  });

  const whole = encodeLlamaState(model, { weights: filled(0), optimizer: moments });
  const { weights, 'adam.m': m } = whole.arrays;
  const layout = whole.facts.layout;
  it.each<[string, PolicyState, LlamaShape]>([
    ['its format is onnx-v9', { ...whole, format: 'onnx-v9' }, shape],
    ['it belongs to a model of another shape', whole, { ...shape, tiedEmbeddings: false }],
    ['it belongs to a model of another shape', whole, { ...shape, heads: 1, headSize: 4 }],
    ['the array weights is missing', { ...whole, arrays: {} }, shape],
    ['the array adam.v is missing', { ...whole, arrays: { weights, 'adam.m': m } }, shape],
    [
      `the array adam.m has 5 numbers, not ${size}`,
      { ...whole, arrays: { weights, 'adam.m': m.subarray(0, 5) } },
      shape,
    ],
    ['optimizerSteps is not a number', { ...whole, facts: { layout, optimizerSteps: '7' } }, shape],
  ])('is refused when %s', (why, state, of) => {
    expect(() => decodeLlamaState({ shape: of, hash: 'base' }, state)).toThrow(
      expect.objectContaining({ code: 'ENGINE_STATE_MISMATCH', message: expect.stringContaining(why) }),
    );
  });
});
