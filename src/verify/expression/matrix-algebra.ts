/**
 * Arithmetic of matrices, on trees: an expression that has matrices becomes one matrix of expressions, whose cells are then compared
 * like any other expression.
 */
import { integer } from '../arithmetic/rational.js';
import { type Budget, Unreadable } from '../budget.js';
import { exactValue } from './exact.js';
import { children, type Node, some, withChildren } from './node.js';

type Cells = readonly (readonly Node[])[];

/** True when the value of the expression is a matrix or needs one on the way. */
export function hasMatrix(node: Node): boolean {
  return some(node, (n) => n.op === 'matrix');
}

/** A matrix node, or a scalar node without matrices. @throws Unreadable when the shapes do not fit. */
export function reduceMatrices(node: Node, budget: Budget): Node {
  if (!hasMatrix(node)) return node;
  budget.spend(64);
  switch (node.op) {
    case 'matrix':
      return node;
    case 'negative':
      return scale(reduceMatrices(node.of, budget), (cell) => ({ op: 'negative', of: cell }));
    case 'sum':
      return node.terms.map((term) => reduceMatrices(term, budget)).reduce(sum);
    case 'product':
      return node.factors
        .map((factor) => reduceMatrices(factor, budget))
        .reduce((left, right) => product(left, right, budget));
    case 'quotient': {
      const under = node.under;
      return scale(reduceMatrices(node.over, budget), (cell) => ({ op: 'quotient', over: cell, under }));
    }
    case 'power':
      return matrixPower(reduceMatrices(node.base, budget), node.exponent, budget);
    case 'call': {
      const parts = node.args.map((arg) => reduceMatrices(arg, budget));
      const [first] = parts;
      if ((node.name === 'det' || node.name === 'abs') && first?.op === 'matrix')
        return determinant(first.rows, budget);
      if (parts.some((part) => part.op === 'matrix')) throw new Unreadable(`has ${node.name} of a matrix`);
      return withChildren(node, parts);
    }
    default:
      return withChildren(
        node,
        children(node).map((part) => reduceMatrices(part, budget)),
      );
  }
}

function scale(node: Node, change: (cell: Node) => Node): Node {
  return node.op === 'matrix' ? { op: 'matrix', rows: node.rows.map((row) => row.map(change)) } : change(node);
}

function sum(a: Node, b: Node): Node {
  if (a.op !== 'matrix' && b.op !== 'matrix') return { op: 'sum', terms: [a, b] };
  if (a.op !== 'matrix' || b.op !== 'matrix' || a.rows.length !== b.rows.length || width(a.rows) !== width(b.rows)) {
    throw new Unreadable('adds matrices of different shapes');
  }
  const rows = a.rows.map((row, i) => row.map((cell, j): Node => ({ op: 'sum', terms: [cell, at(b.rows, i, j)] })));
  return { op: 'matrix', rows };
}

function product(a: Node, b: Node, budget: Budget): Node {
  if (a.op !== 'matrix') return scale(b, (cell) => ({ op: 'product', factors: [a, cell] }));
  if (b.op !== 'matrix') return scale(a, (cell) => ({ op: 'product', factors: [b, cell] }));
  if (width(a.rows) !== b.rows.length) throw new Unreadable('multiplies matrices whose shapes do not fit');
  budget.spend(a.rows.length * b.rows.length * width(b.rows) * 64);
  const rows = a.rows.map((row) =>
    (b.rows[0] as readonly Node[]).map(
      (_, j): Node => ({
        op: 'sum',
        terms: row.map((cell, k): Node => ({ op: 'product', factors: [cell, at(b.rows, k, j)] })),
      }),
    ),
  );
  return compact(rows, budget);
}

const largestTree = 20_000;

/** Cells that are numbers become one node; what remains must not grow past all bounds, as products of symbols do. */
function compact(rows: Cells, budget: Budget): Node {
  let size = 0;
  const cells = rows.map((row) =>
    row.map((cell): Node => {
      size += sizeOf(cell);
      if (size > largestTree) throw new Unreadable('has a product of matrices that is too large');
      const value = exactValue(cell, budget);
      return value ? { op: 'number', value, decimal: false } : cell;
    }),
  );
  return { op: 'matrix', rows: cells };
}

/** Nodes of a tree, a shared one counted wherever it occurs; what is known of a part is not counted again. */
function sizeOf(node: Node): number {
  const known = sizes.get(node);
  if (known !== undefined) return known;
  const size = children(node).reduce((sum, child) => sum + sizeOf(child), 1);
  sizes.set(node, size);
  return size;
}

const sizes = new WeakMap<Node, number>();

function matrixPower(base: Node, exponent: Node, budget: Budget): Node {
  if (base.op !== 'matrix') return { op: 'power', base, exponent };
  if (exponent.op === 'symbol' && exponent.name === 'T') return transpose(base.rows);
  const value = exactValue(exponent, budget);
  if (value?.d !== 1n || value.n < -1n || value.n > 8n)
    throw new Unreadable('has a power of a matrix that is no small integer');
  if (value.n === -1n) return inverse(base.rows, budget);
  let result: Node = identity(base.rows.length);
  for (let i = 0n; i < value.n; i++) result = product(result, base, budget);
  return result;
}

function transpose(rows: Cells): Node {
  return { op: 'matrix', rows: (rows[0] as readonly Node[]).map((_, j) => rows.map((_row, i) => at(rows, i, j))) };
}

function identity(size: number): Node {
  const cell = (value: number): Node => ({ op: 'number', value: integer(value), decimal: false });
  const rows = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_c, j) => cell(i === j ? 1 : 0)));
  return { op: 'matrix', rows };
}

/** The adjugate over the determinant. */
function inverse(rows: Cells, budget: Budget): Node {
  const under = determinant(rows, budget);
  const cells = rows.map((_, i) =>
    rows.map((_row, j): Node => {
      const minor = rows.length === 1 ? identityCell() : determinant(without(rows, j, i), budget);
      const over: Node = (i + j) % 2 ? { op: 'negative', of: minor } : minor;
      return { op: 'quotient', over, under };
    }),
  );
  return { op: 'matrix', rows: cells };
}

function identityCell(): Node {
  return { op: 'number', value: integer(1), decimal: false };
}

/** By the first row; up to 4 by 4. */
function determinant(rows: Cells, budget: Budget): Node {
  if (rows.length !== width(rows)) throw new Unreadable('has a determinant of a matrix that is not square');
  if (rows.length > 4) throw new Unreadable('has a determinant that is too large');
  budget.spend(64 * rows.length);
  if (rows.length === 1) return at(rows, 0, 0);
  const terms = (rows[0] as readonly Node[]).map((cell, j): Node => {
    const term: Node = { op: 'product', factors: [cell, determinant(without(rows, 0, j), budget)] };
    return j % 2 ? { op: 'negative', of: term } : term;
  });
  return { op: 'sum', terms };
}

function without(rows: Cells, row: number, column: number): Cells {
  return rows.filter((_, i) => i !== row).map((cells) => cells.filter((_, j) => j !== column));
}

function width(rows: Cells): number {
  return rows[0]?.length ?? 0;
}

function at(rows: Cells, i: number, j: number): Node {
  return (rows[i] as readonly Node[])[j] as Node;
}
