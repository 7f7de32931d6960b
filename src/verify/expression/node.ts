/** The syntax tree of an expression, and the questions that are asked of it. */
import type { Rational } from '../arithmetic/rational.js';

export type Constant = 'pi' | 'e' | 'i' | 'infinity';

export type Node =
  /** `decimal`: written with a point. */
  | { readonly op: 'number'; readonly value: Rational; readonly decimal: boolean }
  | { readonly op: 'symbol'; readonly name: string }
  | { readonly op: 'constant'; readonly name: Constant }
  | { readonly op: 'sum'; readonly terms: readonly Node[] }
  | { readonly op: 'product'; readonly factors: readonly Node[] }
  | { readonly op: 'quotient'; readonly over: Node; readonly under: Node }
  | { readonly op: 'negative'; readonly of: Node }
  | { readonly op: 'power'; readonly base: Node; readonly exponent: Node }
  | { readonly op: 'root'; readonly of: Node; readonly degree: Node }
  /** A known function (`functions.ts`), or an unknown one when `unknown`. */
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Node[]; readonly unknown: boolean }
  | { readonly op: 'factorial'; readonly of: Node }
  | { readonly op: 'degrees'; readonly of: Node }
  /** `\pm` (or `\mp` when `flipped`) before a term of a sum. */
  | { readonly op: 'plus-minus'; readonly of: Node; readonly flipped: boolean }
  | { readonly op: 'matrix'; readonly rows: readonly (readonly Node[])[] };

export function children(node: Node): readonly Node[] {
  switch (node.op) {
    case 'number':
    case 'symbol':
    case 'constant':
      return [];
    case 'sum':
      return node.terms;
    case 'product':
      return node.factors;
    case 'quotient':
      return [node.over, node.under];
    case 'power':
      return [node.base, node.exponent];
    case 'root':
      return [node.of, node.degree];
    case 'call':
      return node.args;
    case 'negative':
    case 'factorial':
    case 'degrees':
    case 'plus-minus':
      return [node.of];
    case 'matrix':
      return node.rows.flat();
  }
}

/** The same node over other children, in the order of `children`. */
export function withChildren(node: Node, parts: readonly Node[]): Node {
  switch (node.op) {
    case 'number':
    case 'symbol':
    case 'constant':
      return node;
    case 'sum':
      return { op: 'sum', terms: parts };
    case 'product':
      return { op: 'product', factors: parts };
    case 'quotient':
      return { op: 'quotient', over: parts[0] as Node, under: parts[1] as Node };
    case 'power':
      return { op: 'power', base: parts[0] as Node, exponent: parts[1] as Node };
    case 'root':
      return { op: 'root', of: parts[0] as Node, degree: parts[1] as Node };
    case 'call':
      return { ...node, args: parts };
    case 'negative':
    case 'factorial':
    case 'degrees':
    case 'plus-minus':
      return { ...node, of: parts[0] as Node };
    case 'matrix': {
      let next = 0;
      return { op: 'matrix', rows: node.rows.map((row) => row.map(() => parts[next++] as Node)) };
    }
  }
}

export function some(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}

/** Names of the free symbols, sorted. */
export function symbolsOf(node: Node): string[] {
  const names = new Set<string>();
  const visit = (n: Node): void => {
    if (n.op === 'symbol') names.add(n.name);
    else if (n.op === 'call' && n.unknown) names.add(`${n.name}()`);
    for (const child of children(n)) visit(child);
  };
  visit(node);
  return [...names].sort();
}

/** `1 \pm x` is two expressions; everything else is one. All signs of one expression turn together. */
export function expandSigns(node: Node): Node[] {
  if (!some(node, (n) => n.op === 'plus-minus')) return [node];
  return [choose(node, false), choose(node, true)];
}

function choose(node: Node, lower: boolean): Node {
  if (node.op === 'plus-minus') {
    const of = choose(node.of, lower);
    return node.flipped === lower ? of : { op: 'negative', of };
  }
  const parts = children(node);
  return parts.length
    ? withChildren(
        node,
        parts.map((part) => choose(part, lower)),
      )
    : node;
}

/** The same tree, symbol for symbol: the last resort where an expression has no value to compare. */
export function sameTree(a: Node, b: Node): boolean {
  if (a.op !== b.op) return false;
  if (a.op === 'number' && b.op === 'number') return a.value.n === b.value.n && a.value.d === b.value.d;
  if ((a.op === 'symbol' || a.op === 'constant' || a.op === 'call') && a.name !== (b as { name: string }).name) {
    return false;
  }
  if (a.op === 'plus-minus' && a.flipped !== (b as { flipped: boolean }).flipped) return false;
  const [left, right] = [children(a), children(b)];
  return left.length === right.length && left.every((child, i) => sameTree(child, right[i] as Node));
}
