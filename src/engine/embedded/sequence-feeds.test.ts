import { expect, it } from 'vitest';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { partsOf } from './sequence-feeds.js';

const of = (large: boolean) => ({
  shape: { vocabularySize: 100 } as LlamaShape,
  large,
  logitsAtOnce: 1000,
  microBatchTokens: 40,
});

// 1000 logits at once are 10 tokens.
it.each([
  [1, 1, 1],
  [10, 1, 4],
  [11, 2, 4],
  [40, 4, 4],
  [41, 8, 8],
  [3, 1, 2],
])('%d tokens come in %d parts, in a large model in %d', (picked, small, large) => {
  expect([partsOf(picked, of(false)), partsOf(picked, of(true))]).toEqual([small, large]);
});
