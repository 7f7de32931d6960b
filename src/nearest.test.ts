import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.js';

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['datasets', 'datsets', 1],
    ['form', 'from', 1],
    ['', 'abc', 3],
    ['seed', 'seed', 0],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  it('finds the closest, whatever its capitals', () => {
    expect(nearest('DATASET', ['repeats', 'datasets', 'datasetSize'])).toBe('datasets');
  });
  it('gives nothing when all are far', () => {
    expect(nearest('banana', ['repeats', 'datasets'])).toBeUndefined();
  });
});
