import { expect, it } from 'vitest';
import { randomStream } from '../rl/random.js';
import { type LlamaShape, llamaLayout } from './llama-shape.js';
import { joinAdapters, type LoraShape, loraLayout, loraModules, mergeAdapters, unmergeAdapters } from './lora.js';

const shape: LlamaShape = {
  vocabularySize: 5,
  hiddenSize: 4,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headSize: 2,
  intermediateSize: 6,
  contextLength: 16,
  ropeTheta: 500,
  rmsNormEpsilon: 1e-6,
  tiedEmbeddings: false,
};
const { size } = llamaLayout(shape);
const lower: LoraShape = { rank: 2, alpha: 3, targets: ['q_proj', 'v_proj'] };
const upper: LoraShape = { rank: 3, alpha: 6, targets: ['q_proj', 'down_proj'] };

/** Uniform within 1 of 0. */
function random(length: number, name: string): Float32Array {
  const stream = randomStream(name);
  return Float32Array.from({ length }, () => 2 * stream.float() - 1);
}
const adapters = (lora: LoraShape, name: string) => random(loraLayout(shape, lora).size, name);

const furthest = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0);

it('adds alpha / rank times B A to a matrix', () => {
  const lora: LoraShape = { rank: 1, alpha: 2, targets: ['o_proj'] };
  const flat = new Float32Array(loraLayout(shape, lora).size);
  const { a, b, frozen } = loraModules(shape, lora)[1] as ReturnType<typeof loraModules>[number];
  flat.set([1, 2, 3, 4], a.offset);
  flat.set([0, 10, 0, -1], b.offset);
  const weights = new Float32Array(size).fill(1);
  mergeAdapters({ shape, lora }, flat, weights);
  const rows = [1, 1, 1, 1, 21, 41, 61, 81, 1, 1, 1, 1, -1, -3, -5, -7];
  expect([...weights.subarray(frozen.offset, frozen.offset + frozen.size)]).toEqual(rows);
  expect(weights.filter((value) => value !== 1)).toHaveLength(8);
});

it('merged and unmerged, every weight is back to the rounding of the merged one', () => {
  const own = adapters(upper, 'own');
  const base = random(size, 'base');
  const weights = base.slice();
  mergeAdapters({ shape, lora: upper }, own, weights);
  const merged = weights.slice();
  expect(furthest(merged, base)).toBeGreaterThan(1);
  unmergeAdapters({ shape, lora: upper }, own, weights);
  const most = Math.max(...merged.map(Math.abs));
  // Two roundings of numbers no larger than the merged one, each half a unit in the last of 24 binary places.
  expect(furthest(weights, base)).toBeLessThanOrEqual(most * 2 ** -23);
  expect(furthest(weights, base)).toBeGreaterThan(0);
});

it('in double precision what is left of merging is below 1e-15', () => {
  const own = adapters(lower, 'own');
  const base = Float64Array.from(random(size, 'base'));
  const weights = base.slice();
  mergeAdapters({ shape, lora: lower }, own, weights);
  unmergeAdapters({ shape, lora: lower }, own, weights);
  expect(furthest(weights, base)).toBeLessThan(1e-15);
});

it.each([
  ['lower', { ...lower, alpha: 0 }, upper],
  ['upper', lower, { ...upper, alpha: 0 }],
])('joined with a %s one of scale 0, an adapter is itself', (_, first, second) => {
  const [one, other] = [adapters(first, 'one'), adapters(second, 'other')];
  const base = Float64Array.from(random(size, 'base'));
  const [alone, together] = [base.slice(), base.slice()];
  const [live, own] = first.alpha === 0 ? [second, other] : [first, one];
  mergeAdapters({ shape, lora: live }, own, alone);
  const joined = joinAdapters(shape, { lora: first, adapters: one }, { lora: second, adapters: other });
  mergeAdapters({ shape, lora: joined.lora }, joined.adapters, together);
  expect(furthest(together, alone)).toBeLessThan(1e-6);
  expect(furthest(alone, base)).toBeGreaterThan(0.1);
});

it('joined, two adapters are what one after the other is, also of different ranks, scales and modules', () => {
  const [one, other] = [adapters(lower, 'one'), adapters(upper, 'other')];
  const base = Float64Array.from(random(size, 'base'));
  const [twice, once] = [base.slice(), base.slice()];
  mergeAdapters({ shape, lora: lower }, one, twice);
  mergeAdapters({ shape, lora: upper }, other, twice);
  const joined = joinAdapters(shape, { lora: lower, adapters: one }, { lora: upper, adapters: other });
  expect(joined.lora).toEqual({ rank: 5, alpha: 10, targets: ['q_proj', 'v_proj', 'down_proj'] });
  mergeAdapters({ shape, lora: joined.lora }, joined.adapters, once);
  // Factors 0.75 in single precision.
  expect(furthest(once, twice)).toBeLessThan(1e-6);
  expect(furthest(once, base)).toBeGreaterThan(1);
});
