import { describe, expect, it } from 'vitest';
import { llamaLayout } from '../../checkpoints/llama-shape.js';
import { tokenizerFrom } from '../../checkpoints/tokenizer-file.js';
import { baseModelShape, untrainedBaseModel } from './base-model.js';

const { slots } = llamaLayout(baseModelShape);
const model = untrainedBaseModel('test');
const tensor = (name: string) => {
  const found = slots.filter((slot) => slot.name.includes(name));
  return found.flatMap(({ offset, size }) => [...model.weights.subarray(offset, offset + size)]);
};
const deviation = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

describe('untrainedBaseModel', () => {
  it('has a weight for every slot and a token for every row of the embedding', () => {
    const { hiddenSize: d, layers, intermediateSize: f, vocabularySize } = baseModelShape;
    // Embedding (tied), four square projections, three of the feed-forward, two norms a layer and one at the end.
    expect(model.weights).toHaveLength(vocabularySize * d + layers * (4 * d * d + 3 * d * f + 2 * d) + d);
    const tokenizer = tokenizerFrom(model.tokenizer, {}, model.endTokens, 'test');
    expect(tokenizer.vocabularySize).toBe(vocabularySize);
    expect([...tokenizer.encode('')]).toEqual([model.beginToken]);
    expect(tokenizer.decode(model.endTokens)).toBe('.');
  });

  it('starts with norms of 1 and matrices of the stated deviation', () => {
    expect(new Set(tensor('norm'))).toEqual(new Set([1]));
    const d = baseModelShape.hiddenSize;
    // Standard error of a deviation over n weights: 1/sqrt(2n), below 1 % for every group here but the embedding (1.8 %).
    expect(deviation(tensor('embed')) / 0.02).toBeCloseTo(1, 1);
    expect(deviation(tensor('q_proj')) * Math.sqrt(d)).toBeCloseTo(1, 1);
    expect(deviation(tensor('o_proj')) * Math.sqrt(d * 2 * baseModelShape.layers)).toBeCloseTo(1, 1);
    expect(deviation(tensor('down_proj')) * Math.sqrt(baseModelShape.intermediateSize * 6)).toBeCloseTo(1, 1);
  });

  it('is fixed by the seed', () => {
    expect(untrainedBaseModel('test').weights).toEqual(model.weights);
    expect(untrainedBaseModel('other').weights).not.toEqual(model.weights);
  });
});
