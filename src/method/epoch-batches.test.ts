import { describe, expect, it } from 'vitest';
import { curriculumBatches, epochBatches, mixedBatches } from './epoch-batches.js';

const items = Array.from({ length: 64 }, (_, i) => i);

describe('epochBatches', () => {
  const batches = epochBatches(items, 8, 'seed');

  it('fills 80 slots from 64 items as 1.25 epochs', () => {
    const slots = Array.from({ length: 10 }, (_, step) => batches(step)).flat();
    expect(slots).toHaveLength(80);
    expect(new Set(slots.slice(0, 64)).size).toBe(64);
    expect(new Set(slots.slice(64)).size).toBe(16);
    expect(slots.slice(0, 16)).not.toEqual(slots.slice(64));
  });

  it('depends on the step and the seed alone, not on what was asked before', () => {
    const fresh = epochBatches(items, 8, 'seed');
    expect(fresh(200)).toEqual(batches(200));
    expect(fresh(3)).toEqual(batches(3));
    expect(epochBatches(items, 8, 'other')(3)).not.toEqual(batches(3));
  });

  it('fills a batch larger than the dataset with further epochs', () => {
    const batch = epochBatches([1, 2], 5, 'small')(1);
    // Slots 5 to 9 of the epochs 01 23 45 67 89: the second half of one, then two whole ones.
    expect(batch).toHaveLength(5);
    expect(batch.slice(1, 3).sort()).toEqual([1, 2]);
    expect(batch.slice(3).sort()).toEqual([1, 2]);
  });

  it('refuses an empty dataset', () => {
    expect(() => epochBatches([], 8, 'none')).toThrow(expect.objectContaining({ code: 'METHOD_EMPTY_DATASET' }));
  });
});

it('curriculumBatches starts the second part from its own beginning', () => {
  const batches = curriculumBatches(
    (step) => [`synthetic ${step}`],
    2,
    (step) => [`hard ${step}`],
  );
  expect([0, 1, 2, 3].flatMap(batches)).toEqual(['synthetic 0', 'synthetic 1', 'hard 0', 'hard 1']);
});

it('mixedBatches puts the parts side by side', () => {
  const batches = mixedBatches(
    (step) => [step],
    (step) => [10 * step, 10 * step + 1],
  );
  expect(batches(3)).toEqual([3, 30, 31]);
});
