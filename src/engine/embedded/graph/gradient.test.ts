/**
 * Every operator's stated gradient against central differences of the graph itself: loss = sum(c * y) for fixed random c,
 * so that d(loss)/d(x) is seeded with c.
 */
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../rl/random.js';
import { compile, type Feeds, floats, int64s } from '../session.js';
import { gradients } from './gradient.js';
import { Graph, type Value } from './graph.js';
import { apart, unfolded } from './operators.js';

interface Case {
  readonly name: string;
  /** Shapes of the float inputs that are differentiated. */
  readonly shapes: readonly (readonly number[])[];
  /** int64 inputs. */
  readonly indices?: Readonly<Record<string, { readonly data: number[]; readonly shape: number[] }>>;
  readonly build: (graph: Graph, x: Value[], indices: Record<string, Value>) => Value;
}

const cases: Case[] = [
  {
    name: 'Add, broadcast both ways',
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
    build: (g, [a, b]) => g.call('Add', [a!, b!]),
  },
  { name: 'Sub, broadcast', shapes: [[2, 3], [3]], build: (g, [a, b]) => g.call('Sub', [a!, b!]) },
  {
    name: 'Mul, broadcast',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    build: (g, [a, b]) => g.call('Mul', [a!, b!]),
  },
  { name: 'Mul by a number', shapes: [[2, 3]], build: (g, [a]) => g.call('Mul', [a!, g.scalar(2.5)]) },
  { name: 'Neg', shapes: [[5]], build: (g, [a]) => g.call('Neg', [a!]) },
  { name: 'Exp', shapes: [[5]], build: (g, [a]) => g.call('Exp', [a!]) },
  { name: 'Silu', shapes: [[7]], build: (g, [a]) => g.call('Silu', [a!], { alpha: 1 }) },
  { name: 'Softmax', shapes: [[3, 4]], build: (g, [a]) => g.call('Softmax', [a!], { axis: -1 }) },
  { name: 'LogSoftmax', shapes: [[3, 4]], build: (g, [a]) => g.call('LogSoftmax', [a!], { axis: -1 }) },
  {
    name: 'RmsNorm',
    shapes: [[2, 3, 4], [4]],
    build: (g, [x, w]) => g.call('RmsNorm', [x!, w!], { axis: -1, epsilon: 1e-5, stash_type: 1 }),
  },
  {
    name: 'MatMul',
    shapes: [
      [3, 4],
      [4, 2],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!]),
  },
  {
    name: 'MatMul, b transposed',
    shapes: [
      [3, 4],
      [2, 4],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!], { transB: 1 }),
  },
  {
    name: 'MatMul, a transposed',
    shapes: [
      [4, 3],
      [4, 2],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!], { transA: 1 }),
  },
  {
    name: 'MatMul, both transposed, scaled',
    shapes: [
      [4, 3],
      [2, 4],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!], { transA: 1, transB: 1, alpha: 0.5 }),
  },
  {
    name: 'MatMul, batched, scaled',
    shapes: [
      [2, 3, 4, 5],
      [2, 3, 6, 5],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!], { transB: 1, alpha: 0.7 }),
  },
  {
    name: 'MatMul, shared matrix',
    shapes: [
      [2, 3, 4],
      [5, 4],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!], { transB: 1 }),
  },
  {
    name: 'MatMul, shared matrix, plain',
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    build: (g, [a, b]) => g.call('MatMul', [a!, b!]),
  },
  {
    name: 'Rotary',
    shapes: [[1, 3, 8]],
    indices: { positions: { data: [0, 1, 2], shape: [1, 3] } },
    build: (g, [x], { positions }) => {
      const cos = g.input('cos', 'float32', [4, 2]);
      const sin = g.input('sin', 'float32', [4, 2]);
      return g.call('Rotary', [x!, positions!, cos, sin], { num_heads: 2, interleaved: 0 });
    },
  },
  { name: 'Reshape', shapes: [[2, 6]], build: (g, [x]) => g.call('Reshape', [x!], { to: [2, 3, 2] }) },
  {
    name: 'Reshape and back, of sizes known at run time',
    shapes: [
      [2, 3, 4],
      [2, 3, 2],
    ],
    build: (g, [a, b]) => {
      const named = g.call('Reshape', [a!], { to: [2, 'rows', 4] });
      const like = g.call('Reshape', [b!], { to: [2, 'rows', 2] });
      const folded = g.call('Exp', [g.call('Reshape', [named], { to: ['cells', 4] })]);
      return g.call('MatMul', [unfolded(g, folded, like), like], { transA: 1 });
    },
  },
  { name: 'Transpose', shapes: [[2, 3, 4]], build: (g, [x]) => g.call('Transpose', [x!], { perm: [2, 0, 1] }) },
  {
    name: 'Split',
    shapes: [[2, 5]],
    build: (g, [x]) => {
      const [a, b] = g.callAll('Split', [x!], { split: [2, 3], axis: -1 });
      return g.call('MatMul', [a!, b!], { transA: 1 });
    },
  },
  {
    name: 'Concat',
    shapes: [
      [2, 3],
      [2, 2],
    ],
    build: (g, [a, b]) => {
      const joined = g.call('Concat', [a!, b!], { axis: -1 });
      return g.call('MatMul', [joined, joined], { transA: 1 });
    },
  },
  {
    name: 'Embed, an index twice',
    shapes: [[4, 3]],
    indices: { at: { data: [1, 3, 1, 0], shape: [2, 2] } },
    build: (g, [table], { at }) => g.call('Embed', [table!, at!]),
  },
  {
    name: 'Concat and SplitAt, of sizes known at run time',
    shapes: [
      [2, 3],
      [2, 2],
    ],
    build: (g, [a, b]) => {
      const named = [a!, b!].map((x, i) => g.call('Reshape', [x], { to: [2, ['left', 'right'][i]!] }));
      const [left, right] = apart(g, g.call('Exp', [g.call('Concat', named, { axis: -1 })]), named);
      return g.call(
        'MatMul',
        [g.call('Reshape', [left!], { to: [2, 3] }), g.call('Reshape', [right!], { to: [2, 2] })],
        {
          transA: 1,
        },
      );
    },
  },
  {
    name: 'Arrange, a gap',
    shapes: [[3, 2]],
    indices: {
      rectangle: { data: [2, 0, 1, 0], shape: [2, 2] },
      places: { data: [0, 1, 1, 0, 0, 0], shape: [3, 2] },
    },
    build: (g, [x], { rectangle, places }) =>
      // The gap, which repeats row 0, gets no gradient.
      g.call('PickRows', [g.call('Arrange', [x!, rectangle!], { places: ['places'] }), places!]),
  },
  {
    name: 'Arrange, of some rows',
    shapes: [[4, 2]],
    indices: {
      rectangle: { data: [3, 1, 0], shape: [3, 1] },
      places: { data: [0, 0, 1, 0], shape: [2, 2] },
      rows: { data: [3, 1], shape: [2, 1] },
    },
    build: (g, [x], { rectangle, places }) =>
      g.call('PickRows', [g.call('Arrange', [x!, rectangle!], { places: ['places'], rows: ['rows'] }), places!]),
  },
  {
    name: 'PickRows',
    shapes: [[2, 3, 4]],
    indices: { at: { data: [0, 2, 1, 0], shape: [2, 2] } },
    build: (g, [x], { at }) => g.call('PickRows', [x!, at!]),
  },
  {
    name: 'PickColumns',
    shapes: [[3, 4]],
    indices: { at: { data: [2, 0, 3], shape: [3, 1] } },
    build: (g, [x], { at }) => g.call('PickColumns', [x!, at!], { axis: 1 }),
  },
  {
    name: 'a value used twice',
    shapes: [[3]],
    build: (g, [x]) => g.call('Mul', [g.call('Exp', [x!]), g.call('Add', [x!, x!])]),
  },
];

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

describe('stated gradients equal central differences', () => {
  test.each(cases)('$name', async ({ shapes, indices = {}, build }) => {
    const random = randomStream('gradient test');
    const graph = new Graph();
    const x = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
    const given = Object.fromEntries(
      Object.entries(indices).map(([name, { shape }]) => [name, graph.input(name, 'int64', shape)]),
    );
    const y = build(graph, x, given);
    const seed = graph.input('seed', 'float32', y.shape);
    graph.output('y', y);
    gradients(graph, [[y, seed]], x).forEach((gradient, i) => {
      graph.output(`d${i}`, gradient);
    });
    const compiled = await compile(graph, { threads: 1 });

    const values = shapes.map((shape) => Float32Array.from({ length: sizeOf(shape) }, () => random.float() * 2 - 1));
    const yShape = y.shape as number[];
    const c = Float32Array.from({ length: sizeOf(yShape) }, () => random.float() * 2 - 1);
    const feeds: Feeds = { seed: floats(c, yShape) };
    if (graph.inputs.some((value) => value.name === 'cos')) {
      feeds.cos = floats(
        Float32Array.from({ length: 8 }, (_, i) => Math.cos(i)),
        [4, 2],
      );
      feeds.sin = floats(
        Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
        [4, 2],
      );
    }
    for (const [name, { data, shape }] of Object.entries(indices)) feeds[name] = int64s(data, shape);
    values.forEach((data, i) => {
      feeds[`x${i}`] = floats(data, shapes[i]!);
    });
    const loss = async () => (await compiled.run(feeds)).y!.reduce((sum, value, i) => sum + value * c[i]!, 0);

    const stated = await compiled.run(feeds);
    const h = 1e-2;
    for (const [i, data] of values.entries()) {
      for (let k = 0; k < data.length; k++) {
        const kept = data[k]!;
        data[k] = kept + h;
        const above = await loss();
        data[k] = kept - h;
        const below = await loss();
        data[k] = kept;
        expect(stated[`d${i}`]![k]).toBeCloseTo((above - below) / (2 * h), 2);
      }
    }
    await compiled.release();
  });

  test('rows of a table that are used often get the same sums on several threads as on one', async () => {
    const [rows, size, count] = [3, 256, 4096];
    const random = randomStream('gradient test/threads');
    const feeds = {
      at: int64s(
        Array.from({ length: count }, () => random.integer(rows)),
        [count],
      ),
      table: floats(new Float32Array(rows * size), [rows, size]),
      seed: floats(
        Float32Array.from({ length: count * size }, () => random.float() - 0.5),
        [count, size],
      ),
    };
    const sumsOn = async (threads: number) => {
      const graph = new Graph(threads);
      const table = graph.input('table', 'float32', [rows, size]);
      const y = graph.call('Embed', [table, graph.input('at', 'int64', [count])]);
      const [sums] = gradients(graph, [[y, graph.input('seed', 'float32', [count, size])]], [table]);
      graph.output('sums', sums!);
      const compiled = await compile(graph, { threads });
      const found = [];
      // What several threads lose differs from run to run.
      for (let i = 0; i < 10; i++) found.push((await compiled.run(feeds)).sums!);
      await compiled.release();
      return found;
    };
    const [expected] = await sumsOn(1);
    for (const sums of await sumsOn(2)) expect(sums).toEqual(expected);
  });

  test('an operator without a gradient is refused by name', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3]);
    const y = graph.call('Sigmoid', [x]);
    expect(() => gradients(graph, [[y, graph.scalar(1)]], [x])).toThrow(/Sigmoid has a gradient/);
  });

  test('a value that the loss does not depend on is refused by name', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3]);
    const unused = graph.input('unused', 'float32', [3]);
    const y = graph.call('Exp', [x]);
    expect(() => gradients(graph, [[y, graph.scalar(1)]], [unused])).toThrow(/unused/);
  });
});
