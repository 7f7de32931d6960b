/**
 * The operators that graphs are made of: this table is the one place where each states its ONNX name, its shape rule and
 * its gradient. An operator without `gradient` cannot be differentiated through; `gradient.ts` says so.
 *
 * Notation in the comments: y = op(x...), g = d(y), d(x) = gradient of the loss with respect to x.
 */
import { invariant } from '../../../errors.js';
import type { Attributes, Dim, ElementType, Graph, GraphNode, Value } from './graph.js';
import { broadcast, broadcastAxes, isReshapable, matmulShape, type Shape } from './shapes.js';

interface Typed {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** d(output i), `undefined` where nothing uses that output. */
type OutputGradients = readonly (Value | undefined)[];

export interface Operator {
  /** ONNX domain; the standard one by default. */
  readonly domain?: 'com.microsoft';
  /** The ONNX operator, where it has another name. */
  readonly onnx?: string;
  /** Attributes that ONNX wants as trailing int64 inputs, in this order. */
  readonly listInputs?: readonly string[];
  /** The ONNX attribute of that name. */
  readonly reduction?: 'add';
  shape(inputs: readonly Value[], attributes: Attributes): readonly Typed[];
  /** d(input) for each input, `undefined` for one that is not differentiable (indices, tables). */
  gradient?(graph: Graph, node: GraphNode, g: OutputGradients): (Value | undefined)[];
}

export type OperatorName =
  | 'Identity'
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Neg'
  | 'Exp'
  | 'Sigmoid'
  | 'Silu'
  | 'ReduceSum'
  | 'ReduceMean'
  | 'Softmax'
  | 'LogSoftmax'
  | 'RmsNorm'
  | 'MatMul'
  | 'Rotary'
  | 'Reshape'
  | 'ReshapeTo'
  | 'Transpose'
  | 'Split'
  | 'Concat'
  | 'Embed'
  | 'PickRows'
  | 'PutRows'
  | 'PickColumns'
  | 'PutColumns'
  | 'ShapeOf'
  | 'Zeros'
  | 'Unsqueeze'
  | 'SplitAt'
  | 'Arrange'
  | 'ScatterAdd'
  | 'ScatterAddElements'
  | 'Expand'
  | 'Slice';

const at = (list: readonly (Value | undefined)[], i: number): Value => {
  const value = list[i];
  invariant(value, `operand ${i} is there`);
  return value;
};
const like = (value: Value): Typed[] => [{ type: value.type, shape: value.shape }];
const ints = (attributes: Attributes, name: string): number[] => attributes[name] as number[];

/** Sums a gradient over the axes along which its value was broadcast. */
function unbroadcast(graph: Graph, g: Value, to: Value): Value {
  const { leading, stretched } = broadcastAxes(g.shape, to.shape);
  let out = g;
  if (stretched.length > 0) out = graph.call('ReduceSum', [out], { axes: stretched, keepdims: 1 });
  if (leading.length > 0) out = graph.call('ReduceSum', [out], { axes: leading, keepdims: 0 });
  return out;
}

const binary = (inputs: readonly Value[]): Typed[] => [
  { type: at(inputs, 0).type, shape: broadcast(at(inputs, 0).shape, at(inputs, 1).shape) },
];
const unary = (inputs: readonly Value[]): Typed[] => like(at(inputs, 0));

const reduced = (inputs: readonly Value[], attributes: Attributes): Typed[] => {
  const axes = new Set(ints(attributes, 'axes').map((axis) => (axis < 0 ? axis + at(inputs, 0).shape.length : axis)));
  const kept = attributes.keepdims === 1 ? [1] : [];
  return [{ type: 'float32', shape: at(inputs, 0).shape.flatMap((dim, i): Dim[] => (axes.has(i) ? kept : [dim])) }];
};

/** [..., n] -> [rows, n]. */
const asRows = (graph: Graph, x: Value): Value =>
  x.shape.length === 2 ? x : graph.call('Reshape', [x], { to: ['rows', x.shape.at(-1) as Dim] });

/** [1], int64 */
const sizeOfLastAxis = (graph: Graph, value: Value): Value =>
  graph.call('Slice', [graph.call('ShapeOf', [value])], {
    axes: [0],
    starts: [-1],
    ends: [Number.MAX_SAFE_INTEGER],
    to: [1],
  });

/** x [..., n], with n numbers for each place of `like` [.., m]'s axes but the last. */
export function unfolded(graph: Graph, x: Value, like: Value): Value {
  const axes = like.shape.length - 1;
  const leading = graph.call('Slice', [graph.call('ShapeOf', [like])], {
    axes: [0],
    starts: [0],
    ends: [-1],
    to: [axes],
  });
  const shape = graph.call('Concat', [leading, sizeOfLastAxis(graph, x)], { axis: 0 });
  return graph.call('ReshapeTo', [x, shape], { to: [...like.shape.slice(0, -1), x.shape.at(-1) as Dim] });
}

/** The pieces of the last axis that have the sizes of the given values' last axes. */
export function apart(graph: Graph, joined: Value, like: readonly Value[]): Value[] {
  const sizes = like.map((value) => sizeOfLastAxis(graph, value));
  const to = like.map((value) => value.shape.at(-1) as Dim);
  return graph.callAll('SplitAt', [joined, graph.call('Concat', sizes, { axis: 0 })], { to, axis: -1 });
}

/** Of a value that was cut into pieces, from theirs. */
const joined = (graph: Graph, g: OutputGradients): Value => {
  const pieces = g.map((_, i) => at(g, i));
  return graph.call('Concat', pieces, { axis: -1 });
};

/** In the shape of another value of as many numbers. */
export function reshapedLike(graph: Graph, x: Value, like: Value): Value {
  if (isReshapable(x.shape, like.shape)) return graph.call('Reshape', [x], { to: like.shape });
  return graph.call('ReshapeTo', [x, graph.call('ShapeOf', [like])], { to: like.shape });
}

function inputNamed(graph: Graph, names: Attributes[string] | undefined): Value {
  const [name] = names as readonly string[];
  const found = graph.inputs.find((value) => value.name === name);
  invariant(found, `the graph has an input ${name}`);
  return found;
}

const isScalarConstant = (graph: Graph, value: Value): boolean => [...graph.scalars.values()].includes(value);

export const operators: Readonly<Record<OperatorName, Operator>> = {
  Identity: { shape: unary, gradient: (_graph, _node, g) => [at(g, 0)] },

  /** y = a + b */
  Add: { shape: binary, gradient: (graph, { inputs }, g) => inputs.map((x) => unbroadcast(graph, at(g, 0), x)) },

  /** y = a - b */
  Sub: {
    shape: binary,
    gradient: (graph, { inputs }, g) => [
      unbroadcast(graph, at(g, 0), at(inputs, 0)),
      unbroadcast(graph, graph.call('Neg', [at(g, 0)]), at(inputs, 1)),
    ],
  },

  /** y = a * b; d(a) = g * b, d(b) = g * a */
  Mul: {
    shape: binary,
    gradient: (graph, { inputs }, g) =>
      inputs.map((x, i) =>
        isScalarConstant(graph, x)
          ? undefined
          : unbroadcast(graph, graph.call('Mul', [at(g, 0), at(inputs, 1 - i)]), x),
      ),
  },

  /** y = -x */
  Neg: { shape: unary, gradient: (graph, _node, g) => [graph.call('Neg', [at(g, 0)])] },

  /** y = e^x; d(x) = g * y */
  Exp: { shape: unary, gradient: (graph, { outputs }, g) => [graph.call('Mul', [at(g, 0), at(outputs, 0)])] },

  /** y = 1 / (1 + e^-x) */
  Sigmoid: { shape: unary },

  /** SiLU: y = x * s, s = sigmoid(x). d(x) = g * (s + y * (1 - s)) */
  Silu: {
    domain: 'com.microsoft',
    onnx: 'QuickGelu',
    shape: unary,
    gradient: (graph, { inputs, outputs }, g) => {
      const s = graph.call('Sigmoid', [at(inputs, 0)]);
      const y = at(outputs, 0);
      const slope = graph.call('Add', [s, graph.call('Sub', [y, graph.call('Mul', [y, s])])]);
      return [graph.call('Mul', [at(g, 0), slope])];
    },
  },

  /** Sum over `axes`. d(x) = g, repeated: here only ever multiplied into something of the full shape. */
  ReduceSum: { listInputs: ['axes'], shape: reduced },

  /** Mean over `axes`. */
  ReduceMean: { listInputs: ['axes'], shape: reduced },

  /** y = softmax(x) over the last axis; d(x) = y * (g - sum(g * y)) */
  Softmax: {
    shape: unary,
    gradient: (graph, { outputs }, g) => {
      const y = at(outputs, 0);
      const gy = graph.call('Mul', [at(g, 0), y]);
      const total = graph.call('ReduceSum', [gy], { axes: [-1], keepdims: 1 });
      return [graph.call('Sub', [gy, graph.call('Mul', [y, total])])];
    },
  },

  /** y = log softmax(x) over the last axis; d(x) = g - e^y * sum(g) */
  LogSoftmax: {
    shape: unary,
    gradient: (graph, { outputs }, g) => {
      const total = graph.call('ReduceSum', [at(g, 0)], { axes: [-1], keepdims: 1 });
      const p = graph.call('Exp', [at(outputs, 0)]);
      return [graph.call('Sub', [at(g, 0), graph.call('Mul', [p, total])])];
    },
  },

  /**
   * y = x * r * w with r = 1 / sqrt(mean(x^2) + epsilon) over the last axis (Zhang & Sennrich 2019). Outputs y and r.
   * With n = x * r:  d(w) = sum over rows of g * n;  d(x) = r * (g * w - n * mean(g * w * n))
   */
  RmsNorm: {
    onnx: 'SimplifiedLayerNormalization',
    shape: ([x]) => [...like(x as Value), { type: 'float32', shape: [...(x as Value).shape.slice(0, -1), 1] }],
    gradient: (graph, { inputs, outputs }, g) => {
      const [x, w] = [at(inputs, 0), at(inputs, 1)];
      const r = at(outputs, 1);
      const n = graph.call('Mul', [x, r]);
      const gw = graph.call('Mul', [at(g, 0), w]);
      const dw = unbroadcast(graph, graph.call('Mul', [at(g, 0), n]), w);
      const projection = graph.call('ReduceMean', [graph.call('Mul', [gw, n])], { axes: [-1], keepdims: 1 });
      const inner = graph.call('Sub', [gw, graph.call('Mul', [n, projection])]);
      return [graph.call('Mul', [inner, r]), dw];
    },
  },

  /**
   * y = alpha * op(a) op(b), op = transpose where transA / transB is 1. Either equal batch axes, or b is one matrix for all
   * rows of a. d(a) and d(b) are products again; for a shared b the rows of a and g are merged first.
   */
  MatMul: {
    domain: 'com.microsoft',
    onnx: 'FusedMatMul',
    shape: (inputs, attributes) => [
      {
        type: 'float32',
        shape: matmulShape(at(inputs, 0).shape, at(inputs, 1).shape, attributes.transA === 1, attributes.transB === 1),
      },
    ],
    gradient: (graph, { inputs, attributes }, g) => {
      const [a, b] = [at(inputs, 0), at(inputs, 1)];
      const [transA, transB, alpha] = [attributes.transA === 1, attributes.transB === 1, attributes.alpha ?? 1];
      const product = (x: Value, tx: boolean, y: Value, ty: boolean) =>
        graph.call('MatMul', [x, y], { alpha, transA: tx ? 1 : 0, transB: ty ? 1 : 0 });
      const dy = at(g, 0);
      const da = transA ? product(b, transB, dy, true) : product(dy, false, b, !transB);
      if (b.shape.length === 2 && a.shape.length > 2) {
        invariant(!transA, 'a product with a shared matrix does not transpose its rows');
        const [rowsOfA, rowsOfG] = [asRows(graph, a), asRows(graph, dy)];
        return [da, transB ? product(rowsOfG, true, rowsOfA, false) : product(rowsOfA, true, rowsOfG, false)];
      }
      return [da, transB ? product(dy, true, a, transA) : product(a, !transA, dy, false)];
    },
  },

  /**
   * Rotary position embedding (Su et al. 2021), halves rotated: inputs x [batch, time, heads * size], positions
   * [batch, time], cos and sin [positions, size / 2]. A rotation's transpose is the rotation by the negative angle.
   */
  Rotary: {
    domain: 'com.microsoft',
    onnx: 'RotaryEmbedding',
    shape: unary,
    gradient: (graph, { inputs, attributes }, g) => {
      const backwards = graph.call('Neg', [at(inputs, 3)]);
      const dx = graph.call('Rotary', [at(g, 0), at(inputs, 1), at(inputs, 2), backwards], attributes);
      return [dx, undefined, undefined, undefined];
    },
  },

  /** Attribute `to`: the new symbolic shape. */
  Reshape: {
    shape: ([x], attributes) => [{ type: (x as Value).type, shape: attributes.to as Shape }],
    gradient: (graph, { inputs }, g) => [reshapedLike(graph, at(g, 0), at(inputs, 0))],
  },

  /** To a run-time shape, an int64 input; attribute `to` names it symbolically. */
  ReshapeTo: {
    onnx: 'Reshape',
    shape: ([x], attributes) => [{ type: (x as Value).type, shape: attributes.to as Shape }],
    gradient: (graph, { inputs }, g) => [reshapedLike(graph, at(g, 0), at(inputs, 0)), undefined],
  },

  Transpose: {
    shape: ([x], attributes) => [
      { type: (x as Value).type, shape: ints(attributes, 'perm').map((axis) => (x as Value).shape[axis] as Dim) },
    ],
    gradient: (graph, { attributes }, g) => {
      const perm = ints(attributes, 'perm');
      return [graph.call('Transpose', [at(g, 0)], { perm: perm.map((_, i) => perm.indexOf(i)) })];
    },
  },

  /** Cuts the last axis into pieces of the sizes `split`. */
  Split: {
    listInputs: ['split'],
    shape: ([x], attributes) =>
      ints(attributes, 'split').map((size) => ({ type: 'float32', shape: [...(x as Value).shape.slice(0, -1), size] })),
    gradient: (graph, _node, g) => [joined(graph, g)],
  },

  /** Part of the last axis, from `starts[0]` to before `ends[0]`; attribute `to`: the size of what is kept. */
  Slice: {
    listInputs: ['starts', 'ends', 'axes'],
    shape: ([x], attributes) => [
      { type: (x as Value).type, shape: [...(x as Value).shape.slice(0, -1), ...(attributes.to as Shape)] },
    ],
  },

  /** Joins along the last axis; a symbolic total is written `a+b`. d(x) are the pieces of g. */
  Concat: {
    gradient: (graph, { inputs }, g) => {
      const split = inputs.map((x) => x.shape.at(-1) as Dim);
      if (split.every((size) => typeof size === 'number')) {
        return graph.callAll('Split', [at(g, 0)], { split, axis: -1 });
      }
      return apart(graph, at(g, 0), inputs);
    },
    shape: (inputs) => {
      const sizes = inputs.map((x) => x.shape.at(-1) as Dim);
      const total = sizes.every((size) => typeof size === 'number')
        ? (sizes as number[]).reduce((a, b) => a + b, 0)
        : sizes.join('+');
      return [{ type: at(inputs, 0).type, shape: [...at(inputs, 0).shape.slice(0, -1), total] }];
    },
  },

  /** Cuts the last axis into pieces of run-time sizes, an int64 input; attribute `to` names them symbolically. */
  SplitAt: {
    onnx: 'Split',
    shape: ([x], attributes) =>
      (attributes.to as Shape).map((size) => ({ type: 'float32', shape: [...(x as Value).shape.slice(0, -1), size] })),
    gradient: (graph, _node, g) => [joined(graph, g), undefined],
  },

  /** Rows of a table [n, size] by indices [...] (int32 or int64): y = table[indices]. d(table) adds each row of g to its place. */
  Embed: {
    onnx: 'Gather',
    shape: ([table, indices]) => [
      { type: 'float32', shape: [...(indices as Value).shape, (table as Value).shape[1] as Dim] },
    ],
    gradient: (graph, { inputs }, g) => {
      const zeros = graph.call('Zeros', [graph.call('ShapeOf', [at(inputs, 0)])], { like: at(inputs, 0).shape });
      const places = graph.call('Unsqueeze', [at(inputs, 1)], { axes: [-1] });
      if (graph.threads === 1) return [graph.call('ScatterAdd', [zeros, places, at(g, 0)]), undefined];
      const rows = asRows(graph, at(g, 0));
      const elements = graph.call('Expand', [asRows(graph, places), graph.call('ShapeOf', [rows])], {
        like: rows.shape,
      });
      return [graph.call('ScatterAddElements', [zeros, elements, rows], { axis: 0 }), undefined];
    },
  },

  /**
   * Rows laid out anew: x [n, size], indices [...]: y = x[indices]. What fills a gap repeats some row and must get no gradient. Attribute
   * `places` names the graph's input [m, axes of indices] that says where in y each row stands which is not a gap, in the order of x, or
   * of the rows that the input named by `rows` [m, 1] lists; none twice. d(x) picks them.
   */
  Arrange: {
    onnx: 'Gather',
    shape: ([x, indices]) => [{ type: 'float32', shape: [...(indices as Value).shape, (x as Value).shape[1] as Dim] }],
    gradient: (graph, { inputs, attributes }, g) => {
      const picked = graph.call('PickRows', [at(g, 0), inputNamed(graph, attributes.places)]);
      if (!attributes.rows) return [picked, undefined];
      const zeros = graph.call('Zeros', [graph.call('ShapeOf', [at(inputs, 0)])], { like: at(inputs, 0).shape });
      return [graph.call('PutRows', [zeros, inputNamed(graph, attributes.rows), picked]), undefined];
    },
  },

  /**
   * data + rows of updates at index tuples; equal indices add up, in their order. ScatterND. For one thread: several add to one row at
   * the same time, and sums are lost.
   */
  ScatterAdd: { onnx: 'ScatterND', reduction: 'add', shape: ([data]) => like(data as Value) },

  /** data[index[i, j], j] + updates[i, j]: the same sums in the same order, ten times slower, by one thread of however many. */
  ScatterAddElements: { onnx: 'ScatterElements', reduction: 'add', shape: ([data]) => like(data as Value) },

  /** Repeated to a run-time shape; `like` names it symbolically. */
  Expand: { shape: ([x], attributes) => [{ type: (x as Value).type, shape: attributes.like as Shape }] },

  /**
   * y[s] = x[index tuple s]: x [batch, time, size], indices [selected, 2] -> [selected, size]; of more axes as well. No index twice where it
   * is differentiated.
   */
  PickRows: {
    onnx: 'GatherND',
    shape: ([x, indices]) => [
      { type: 'float32', shape: [...(indices as Value).shape.slice(0, -1), (x as Value).shape.at(-1) as Dim] },
    ],
    gradient: (graph, { inputs }, g) => {
      const zeros = graph.call('Zeros', [graph.call('ShapeOf', [at(inputs, 0)])], { like: at(inputs, 0).shape });
      return [graph.call('PutRows', [zeros, at(inputs, 1), at(g, 0)]), undefined];
    },
  },

  /** data with the rows at index tuples replaced. */
  PutRows: { onnx: 'ScatterND', shape: ([data]) => like(data as Value) },

  /** y[s] = x[s, index[s]]: x [selected, n], indices [selected, 1] -> [selected, 1]. */
  PickColumns: {
    onnx: 'GatherElements',
    shape: ([, indices]) => [{ type: 'float32', shape: (indices as Value).shape }],
    gradient: (graph, { inputs }, g) => {
      const zeros = graph.call('Zeros', [graph.call('ShapeOf', [at(inputs, 0)])], { like: at(inputs, 0).shape });
      return [graph.call('PutColumns', [zeros, at(inputs, 1), at(g, 0)], { axis: 1 }), undefined];
    },
  },

  /** data [selected, n] with one element of each row replaced. */
  PutColumns: { onnx: 'ScatterElements', shape: ([data]) => like(data as Value) },

  ShapeOf: { onnx: 'Shape', shape: ([x]) => [{ type: 'int64', shape: [(x as Value).shape.length] }] },

  /** Zeros of a run-time shape; `like` names it symbolically. */
  Zeros: {
    onnx: 'ConstantOfShape',
    shape: (_inputs, attributes) => [{ type: 'float32', shape: attributes.like as Shape }],
  },

  Unsqueeze: {
    listInputs: ['axes'],
    shape: ([x]) => [{ type: (x as Value).type, shape: [...(x as Value).shape, 1] }],
  },
};
