/**
 * A graph as an ONNX model file (protobuf, onnx.proto3 field numbers; operator set 21 and the runtime's own
 * com.microsoft 1, intermediate representation 10). Writes what it is given and checks nothing: the runtime does.
 */
import type { Attributes, Dim, ElementType, Graph, GraphNode, Value } from './graph.js';
import { type Operator, operators } from './operators.js';
import { ProtobufWriter } from './protobuf.js';
import { reshapeTarget } from './shapes.js';

const elementTypes: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7 };
/** Attributes that describe the graph to us and not to the runtime. */
const ours = new Set(['to', 'like', 'places', 'rows']);

export function onnxModel(graph: Graph): Uint8Array {
  const lists = new Map<string, readonly number[]>();
  const outputs = new Map(graph.outputs.map(({ name, value }) => [value, name]));
  const nameOf: Naming = (value) => outputs.get(value) ?? value.name;
  const body = new ProtobufWriter();
  for (const node of liveNodes(graph)) body.chunk(1, encodeNode(node, lists, nameOf));
  body.chunk(2, 'soar');
  for (const [number, value] of graph.scalars) body.chunk(5, tensor(value.name, 1, [], Float32Array.of(number)));
  for (const { value } of graph.constants.values()) body.chunk(5, externalTensor(value));
  for (const [name, list] of lists) {
    body.chunk(5, tensor(name, 7, [list.length], BigInt64Array.from(list.map(BigInt))));
  }
  for (const value of graph.inputs) body.chunk(11, valueInfo(value));
  for (const { name, value } of graph.outputs) body.chunk(12, valueInfo({ ...value, name }));

  return new ProtobufWriter()
    .integer(1, 10)
    .chunk(2, 'soar')
    .chunk(7, body)
    .chunk(8, new ProtobufWriter().chunk(1, '').integer(2, 21))
    .chunk(8, new ProtobufWriter().chunk(1, 'com.microsoft').integer(2, 1))
    .finish();
}

/** The nodes that an output depends on, in order: a backward pass states gradients that nobody asked for. */
function liveNodes(graph: Graph): GraphNode[] {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const live: GraphNode[] = [];
  for (const node of graph.nodes.slice().reverse()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    for (const value of node.inputs) needed.add(value);
    live.push(node);
  }
  return live.reverse();
}

/** The name that a value has in the file. */
type Naming = (value: Value) => string;

function encodeNode(node: GraphNode, lists: Map<string, readonly number[]>, nameOf: Naming): ProtobufWriter {
  const operator: Operator = operators[node.operator];
  const inputs = node.inputs.map(nameOf);
  const listOf = (list: readonly number[]) => {
    const name = `list_${list.join('_')}`;
    lists.set(name, list);
    inputs.push(name);
  };
  for (const name of operator.listInputs ?? []) listOf(node.attributes[name] as number[]);
  if (node.operator === 'Reshape') {
    listOf(reshapeTarget((node.inputs[0] as Value).shape, node.attributes.to as readonly Dim[]));
  }
  const message = new ProtobufWriter();
  for (const name of inputs) message.chunk(1, name);
  for (const value of node.outputs) message.chunk(2, nameOf(value));
  message.chunk(4, operator.onnx ?? node.operator);
  for (const attribute of encodeAttributes(node.attributes, operator)) message.chunk(5, attribute);
  if (operator.reduction) message.chunk(5, textAttribute('reduction', operator.reduction));
  if (operator.domain) message.chunk(7, operator.domain);
  return message;
}

function* encodeAttributes(attributes: Attributes, operator: Operator): Generator<ProtobufWriter> {
  for (const [name, value] of Object.entries(attributes)) {
    if (operator.listInputs?.includes(name) || ours.has(name)) continue;
    const message = new ProtobufWriter().chunk(1, name);
    if (typeof value !== 'number') {
      for (const item of value as number[]) message.integer(8, item);
      message.integer(20, 7);
    } else if (floats.has(name)) message.float(2, value).integer(20, 1);
    else message.integer(3, value).integer(20, 2);
    yield message;
  }
}

const floats = new Set(['alpha', 'epsilon']);

const textAttribute = (name: string, value: string): ProtobufWriter =>
  new ProtobufWriter().chunk(1, name).chunk(4, value).integer(20, 3);

function tensor(
  name: string,
  type: number,
  dims: readonly number[],
  data: Float32Array | BigInt64Array,
): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const dim of dims) message.integer(1, dim);
  return message
    .integer(2, type)
    .chunk(8, name)
    .chunk(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Numbers that stand outside the model file, which may not pass 2 GiB: in a place of the constant's name. */
function externalTensor({ name, shape }: Value): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const dim of shape) message.integer(1, dim as number);
  const entry = (key: string, value: string) => new ProtobufWriter().chunk(1, key).chunk(2, value);
  const length = shape.reduce<number>((product, dim) => product * (dim as number), 4);
  return message
    .integer(2, 1)
    .chunk(8, name)
    .chunk(13, entry('location', name))
    .chunk(13, entry('offset', '0'))
    .chunk(13, entry('length', String(length)))
    .integer(14, 1);
}

function valueInfo(value: Value): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of value.shape) {
    shape.chunk(1, typeof dim === 'number' ? new ProtobufWriter().integer(1, dim) : new ProtobufWriter().chunk(2, dim));
  }
  const tensorType = new ProtobufWriter().integer(1, elementTypes[value.type]).chunk(2, shape);
  return new ProtobufWriter().chunk(1, value.name).chunk(2, new ProtobufWriter().chunk(1, tensorType));
}
