import { describe, expect, it } from 'vitest';
import { kindLayers } from './kind-layers.js';

describe('kindLayers', () => {
  const layers = kindLayers([
    { 'program-2': 30, 'program-10': 10, sort: 50, coin: 9, rare: 1 },
    { 'program-2': 90, 'program-10': 7, sort: 1, coin: 1, rare: 1 },
  ]);
  const of = (name: string) => layers.find((layer) => layer.name === name);

  it('gives each kind its share, step by step, and all of them add up to one', () => {
    expect(of('program-2')?.shares).toEqual([0.3, 0.9]);
    expect(of('sort')?.shares).toEqual([0.5, 0.01]);
    for (const step of [0, 1]) expect(layers.reduce((sum, { shares }) => sum + shares[step], 0)).toBeCloseTo(1, 12);
  });

  it('puts the largest family below, in the order of its numbers, with one hue that deepens', () => {
    expect(layers.map(({ name }) => name)).toEqual(['program-2', 'program-10', 'sort', 'coin', 'other']);
    expect(of('program-2')?.colour).toBe(of('program-10')?.colour);
    expect(of('program-2')?.opacity).toBeLessThan(of('program-10')?.opacity ?? 0);
    expect(of('sort')?.colour).not.toBe(of('program-2')?.colour);
  });

  it('folds what never matters into other', () => {
    expect(of('rare')).toBeUndefined();
    expect(of('other')?.shares).toEqual([0.01, 0.01]);
  });

  it('keeps at most 12 kinds, and stands a step without questions', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`kind${i}`, 100 - i]));
    const folded = kindLayers([many, {}]);
    expect(folded).toHaveLength(13);
    expect(folded[12].name).toBe('other');
    expect(folded.map(({ shares }) => shares[1])).toEqual(new Array(13).fill(0));
  });
});
