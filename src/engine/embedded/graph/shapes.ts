/** Shape arithmetic of the operators. Pure. */
import { invariant } from '../../../errors.js';
import type { Dim } from './graph.js';

export type Shape = readonly Dim[];

/** NumPy broadcasting of two shapes. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    invariant(x === y || x === 1 || y === 1, `shapes [${a}] and [${b}] broadcast`);
    return x === 1 ? y : x;
  });
}

/** The axes of `from` along which a value of shape `to` was repeated when it was broadcast: leading ones, then stretched ones. */
export function broadcastAxes(from: Shape, to: Shape): { leading: number[]; stretched: number[] } {
  const extra = from.length - to.length;
  const leading = Array.from({ length: extra }, (_, i) => i);
  const stretched = to.flatMap((dim, i) => (dim === 1 && from[i + extra] !== 1 ? [i + extra] : []));
  return { leading, stretched };
}

export function matmulShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  const [m, k] = transposeA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)];
  const [k2, n] = transposeB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)];
  invariant(k === k2, `inner axes of [${a}] and [${b}] agree`);
  const batchOfA = a.slice(0, -2);
  const batchOfB = b.slice(0, -2);
  invariant(
    batchOfB.length === 0 || `${batchOfA}` === `${batchOfB}`,
    `a batched product has equal batch axes: [${a}] and [${b}]`,
  );
  return [...batchOfA, m as Dim, n as Dim];
}

/**
 * A reshape in the runtime's words: 0 keeps the axis at this place, -1 is inferred (at most one).
 * A symbol that stands at its old place is kept, any other is inferred.
 */
export function reshapeTarget(from: Shape, to: Shape): number[] {
  invariant(isReshapable(from, to), `one unknown axis at most in [${from}] -> [${to}]`);
  return targetOf(from, to);
}

/** Whether a reshape can be written so; else it needs a shape of run time. */
export const isReshapable = (from: Shape, to: Shape): boolean =>
  targetOf(from, to).filter((dim) => dim === -1).length <= 1;

const targetOf = (from: Shape, to: Shape): number[] =>
  to.map((dim, i) => (typeof dim === 'number' ? dim : from[i] === dim ? 0 : -1));
