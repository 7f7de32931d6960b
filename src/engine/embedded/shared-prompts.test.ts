import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { flatSequences } from './flat-batch.js';
import { layOut, planShared, sharedMask, sharingLimits } from './shared-prompts.js';

interface Group {
  readonly prompt: number;
  readonly completions: readonly number[];
}

/** Prompts of `prompt` tokens named by their first, and completions of the given lengths. */
const sequencesOf = (groups: readonly Group[]) =>
  flatSequences(
    groups.flatMap(({ prompt, completions }, g) =>
      completions.map((length, i) => ({
        tokens: Int32Array.from({ length: prompt + length }, (_, t) =>
          t < prompt ? 100 * (g + 1) + t : 1000 * (i + 1) + t,
        ),
        promptLength: prompt,
      })),
    ),
  );
const all = (count: number) => Array.from({ length: count }, (_, i) => i);
const free = { positions: 1000, pair: 0 };

const someGroups = fc.array(
  fc.record({
    prompt: fc.integer({ min: 1, max: 30 }),
    completions: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('the plan', () => {
  it('counts a prompt once, and puts those with long completions first', () => {
    const sequences = sequencesOf([
      { prompt: 5, completions: [2, 3, 1] },
      { prompt: 4, completions: [6] },
    ]);
    expect(planShared(sequences, all(4), free)).toEqual([{ places: [3, 1, 0, 2], positions: 3 + 6 + 4 + 2 + 3 + 1 }]);
  });

  it('counts it again where the budget cuts a group', () => {
    const sequences = sequencesOf([{ prompt: 5, completions: [4, 4, 4, 4] }]);
    expect(planShared(sequences, all(4), { positions: 16, pair: 0 })).toEqual([
      { places: [0], positions: 4 + 4 },
      { places: [1, 2, 3], positions: 4 + 12 },
    ]);
  });

  it('parts what attention would have to pad', () => {
    // 101 rows of 99 + 100 pairs each position together; apart 2 * 100 and 100 rows of 1.
    const sequences = sequencesOf([
      { prompt: 1, completions: all(50).map(() => 1) },
      { prompt: 2, completions: [100] },
    ]);
    const plans = planShared(sequences, all(51), { positions: 10_000, pair: 0.01 });
    expect(plans.map(({ places }) => places.length)).toEqual([1, 50]);
  });

  it('takes each sequence once, within the limits unless it stands alone', () => {
    fc.assert(
      fc.property(someGroups, fc.integer({ min: 5, max: 120 }), (groups, positions) => {
        const sequences = sequencesOf(groups);
        const among = all(groups.flatMap(({ completions }) => completions).length);
        const plans = planShared(sequences, among, { positions, pair: 0.001 });
        expect(plans.flatMap(({ places }) => places).sort((a, b) => a - b)).toEqual(among);
        for (const plan of plans) {
          const layout = layOut(sequences, plan.places);
          expect(layout.tokens).toHaveLength(plan.positions);
          if (plan.places.length === 1) continue;
          expect(plan.positions).toBeLessThanOrEqual(positions);
          expect(layout.rectangle.length).toBeLessThanOrEqual(2 * positions);
        }
      }),
      { seed: 11 },
    );
  });
});

describe('the layout', () => {
  const sequences = sequencesOf([
    { prompt: 4, completions: [2, 1] },
    { prompt: 1, completions: [2] },
  ]);
  const layout = layOut(sequences, all(3));

  it('has a prompt in rows as long as the longest completion, and a row for each completion', () => {
    expect(layout).toMatchObject({ prompts: 2, rows: 4, span: 2, prefix: 3 });
    // Shared: 100 101 102; members: 103 1004, 103; and alone: 200 1001.
    expect([...layout.tokens]).toEqual([100, 101, 102, 103, 1004, 103, 200, 1001]);
    expect([...layout.positions]).toEqual([0, 1, 2, 3, 4, 3, 0, 1]);
    expect([...layout.rectangle]).toEqual([0, 1, 2, 0, 3, 4, 5, 0, ...[0, 0, 0, 0, 6, 7, 0, 0]]);
    expect([...layout.prefixes]).toEqual([0, 1, 2, 0, 0, 0]);
    expect([...layout.prefixPositions]).toEqual([0, 1, 2]);
    expect([...layout.picks]).toEqual([3, 4, 5, 6, 7]);
    expect([...layout.targets]).toEqual([1004, 1005, 2004, 1001, 1002]);
  });

  it('has a sequence that stands alone as one row', () => {
    const alone = layOut(sequencesOf([{ prompt: 4, completions: [2] }]), [0]);
    expect(alone).toMatchObject({ prompts: 1, rows: 1, span: 5, prefix: 1 });
    expect([...alone.tokens]).toEqual([100, 101, 102, 103, 1004]);
    expect([...alone.picks]).toEqual([3, 4]);
    expect([...alone.targets]).toEqual([1004, 1005]);
    expect([...sharedMask(alone, 1).subarray(4 * 6)].map((value) => value === 0)).toEqual([
      ...[false, true, true, true, true, true],
    ]);
  });

  it('lets a row see its prompt and itself, and a gap the first key', () => {
    const mask = sharedMask(layout, 1);
    const lines = Array.from({ length: 16 }, (_, q) =>
      Array.from(mask.subarray(5 * q, 5 * q + 5), (value) => (value === 0 ? 'x' : '.')).join(''),
    );
    expect(lines).toEqual([
      ...['x....', 'xx...', 'xxx..', 'x....', 'xxxx.', 'xxxxx', 'xxxx.', 'x....'],
      ...['x....', 'x....', 'x....', 'x....', '...x.', '...xx', 'x....', 'x....'],
    ]);
    const repeated = sharedMask(layout, 2);
    expect(repeated.subarray(40, 50)).toEqual(mask.subarray(20, 30));
    expect(repeated.subarray(50, 60)).toEqual(mask.subarray(20, 30));
  });

  it('says of each position where it stands', () => {
    fc.assert(
      fc.property(someGroups, (groups) => {
        const made = layOut(sequencesOf(groups), all(groups.flatMap(({ completions }) => completions).length));
        const { rows, span, prefix, rectangle, prefixes, places, prefixPlaces, prefixPositions } = made;
        const at = (list: Int32Array, i: number) => [list[3 * i]!, list[3 * i + 1]!, list[3 * i + 2]!] as const;
        made.tokens.forEach((_, position) => {
          const [p, r, c] = at(places, position);
          expect(rectangle[(p * rows + r) * span + c]).toBe(position);
        });
        prefixPositions.forEach((position, i) => {
          const [p, r, c] = at(prefixPlaces, i);
          expect([prefixes[p * prefix + c], r]).toEqual([position, 0]);
        });
      }),
      { seed: 12 },
    );
  });
});

it('a pair costs what attention adds to the matrices of a layer', () => {
  // Matrices 8 * (2 * 2 + 2 * 1) * 4 + 3 * 8 * 16 = 576; a pair 2 * 2 * 4 = 16, counted thrice.
  const shape = { hiddenSize: 8, heads: 2, kvHeads: 1, headSize: 4, intermediateSize: 16 } as LlamaShape;
  expect(sharingLimits(shape, 128)).toEqual({ positions: 128, pair: 48 / 576 });
});
