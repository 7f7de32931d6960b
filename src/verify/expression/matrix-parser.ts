/** `\begin{pmatrix} a & b \\ c & d \end{pmatrix}` to a matrix of trees. */
import { limits, Unreadable } from '../budget.js';
import { cutAt, isEmpty, isMark, type Span, sub, topLevel } from '../latex/span.js';
import type { Node } from './node.js';

const environments = new Set(['matrix', 'pmatrix', 'bmatrix', 'Bmatrix', 'smallmatrix', 'array', 'vmatrix']);

/** `span` runs from the begin token to the end token, both included; `vmatrix` is a determinant. */
export function parseMatrix(span: Span, readCell: (cell: Span) => Node): Node {
  const environment = (span.tokens[span.from] as { text: string }).text;
  if (!environments.has(environment)) throw new Unreadable(`has an environment that is no matrix: ${environment}`);
  const inner = sub(span, span.from + 1, span.to - 1);
  const lines = cutAt(
    inner,
    topLevel(inner, (token) => isMark(token, '\\\\')),
  );
  const last = lines.at(-1);
  if (last && isEmpty(last)) lines.pop();
  const rows = lines.map((line) =>
    cutAt(
      line,
      topLevel(line, (token) => isMark(token, '&')),
    ).map(readCell),
  );
  const width = rows[0]?.length ?? 0;
  if (width === 0 || rows.some((row) => row.length !== width)) throw new Unreadable('has a matrix with ragged rows');
  if (rows.length * width > limits.elements) throw new Unreadable('has a matrix that is too large');
  const matrix: Node = { op: 'matrix', rows };
  return environment === 'vmatrix' ? { op: 'call', name: 'det', args: [matrix], unknown: false } : matrix;
}
