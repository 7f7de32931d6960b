/**
 * A computation graph under construction: values with a type and a symbolic shape, nodes in the order they were called.
 * It is the small language in which the model's equations are written; `onnx.ts` turns it into a model file,
 * `gradient.ts` extends it backwards. It computes nothing itself.
 */
import { type OperatorName, operators } from './operators.js';

export type ElementType = 'float32' | 'int32' | 'int64';

/** A known size, or the name of one that is fixed when the graph runs ('batch', 'time'). */
export type Dim = number | string;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

export type Attributes = Readonly<Record<string, number | readonly Dim[]>>;

export interface Output {
  readonly name: string;
  readonly value: Value;
}

export interface Constant {
  readonly value: Value;
  readonly data: Float32Array;
}

export interface GraphNode {
  readonly operator: OperatorName;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export class Graph {
  readonly inputs: Value[] = [];
  readonly outputs: Output[] = [];
  /** Floats that are there when the graph is compiled, by name: the runtime keeps them in the form that suits it best. */
  readonly constants = new Map<string, Constant>();
  /** Float scalars, by value. */
  readonly scalars = new Map<number, Value>();
  readonly nodes: GraphNode[] = [];
  /** That it will run on: some operators may only stand in a graph of one. */
  readonly threads: number;
  private count = 0;

  constructor(threads = 1) {
    this.threads = threads;
  }

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value = { name, type, shape };
    this.inputs.push(value);
    return value;
  }

  /** @param data in row-major order; read when the graph is compiled, not copied before */
  constant(name: string, shape: readonly number[], data: Float32Array): Value {
    const value: Value = { name, type: 'float32', shape };
    this.constants.set(name, { value, data });
    return value;
  }

  /** Marks a value as an output, under a name of its own; a copy of it, where it has been given one already or comes in from outside. */
  output(name: string, value: Value): void {
    const computed = this.nodes.some(({ outputs }) => outputs.includes(value));
    const taken = this.outputs.some((output) => output.value === value);
    this.outputs.push({ name, value: computed && !taken ? value : this.call('Identity', [value]) });
  }

  scalar(number: number): Value {
    const known = this.scalars.get(number);
    if (known) return known;
    const value: Value = { name: `scalar_${this.scalars.size}`, type: 'float32', shape: [] };
    this.scalars.set(number, value);
    return value;
  }

  /** A node with one output, the usual case. */
  call(operator: OperatorName, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.callAll(operator, inputs, attributes)[0] as Value;
  }

  /** A node with all its outputs. Their shapes come from the operator's own rule. */
  callAll(operator: OperatorName, inputs: readonly Value[], attributes: Attributes = {}): Value[] {
    const outputs = operators[operator].shape(inputs, attributes).map(({ type, shape }) => {
      this.count++;
      return { name: `${operator}_${this.count}`, type, shape };
    });
    this.nodes.push({ operator, inputs, outputs, attributes });
    return outputs;
  }
}
