/**
 * Reverse-mode differentiation: walks a graph's nodes backwards and appends the gradients that their operators state.
 * Gradients of a value that is used in several places are added. Nodes off the path cost nothing.
 */
import { invariant } from '../../../errors.js';
import type { Graph, GraphNode, Value } from './graph.js';
import { type Operator, operators } from './operators.js';

/**
 * @param seeds pairs of a value y and d(loss)/d(y), of y's shape: where the backward pass starts
 * @param wanted the values whose gradients are needed
 * @param since differentiates only the nodes from this one on: what was computed before is taken as given
 * @returns d(loss)/d(wanted[i]), of wanted[i]'s shape
 */
export function gradients(
  graph: Graph,
  seeds: readonly (readonly [Value, Value])[],
  wanted: readonly Value[],
  since = 0,
): Value[] {
  const forward = graph.nodes.slice(since);
  const needs = dependents(forward, wanted);
  const found = new Map<Value, Value>();
  const add = (value: Value, gradient: Value) => {
    const known = found.get(value);
    found.set(value, known ? graph.call('Add', [known, gradient]) : gradient);
  };
  for (const [value, gradient] of seeds) add(value, gradient);

  for (const node of forward.reverse()) {
    if (!node.inputs.some((x) => needs.has(x))) continue;
    const g = node.outputs.map((y) => found.get(y));
    if (g.every((gradient) => gradient === undefined)) continue;
    const operator: Operator = operators[node.operator];
    invariant(operator.gradient, `${node.operator} has a gradient`);
    operator.gradient(graph, node, g).forEach((gradient, i) => {
      const x = node.inputs[i] as Value;
      if (gradient && needs.has(x)) add(x, gradient);
    });
  }
  return wanted.map((value) => {
    const gradient = found.get(value);
    invariant(gradient, `the loss depends on ${value.name}`);
    return gradient;
  });
}

/** The wanted values and everything computed from them. */
function dependents(nodes: readonly GraphNode[], wanted: readonly Value[]): Set<Value> {
  const reached = new Set<Value>(wanted);
  for (const node of nodes) {
    if (node.inputs.some((x) => reached.has(x))) for (const y of node.outputs) reached.add(y);
  }
  return reached;
}
