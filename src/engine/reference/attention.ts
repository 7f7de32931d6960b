/** Rotary embeddings and causal grouped-query attention, with their backward passes. */
import type { Matrix, Tape } from './tape.js';

/**
 * Rotary position embedding (Su et al. 2021) in the order of Hugging Face's `rotate_half`: feature i of a head pairs with
 * feature i + headSize / 2, and the pair turns by position * frequencies[i].
 * @param x [time, heads * headSize]
 */
export function rotate(tape: Tape, x: Matrix, headSize: number, frequencies: Float64Array): Matrix {
  const y = tape.matrix(x.rows, x.columns);
  const half = headSize / 2;
  const pairs = (visit: (a: number, b: number, cos: number, sin: number) => void) => {
    for (let t = 0; t < x.rows; t++) {
      for (let start = t * x.columns; start < (t + 1) * x.columns; start += headSize) {
        for (let i = 0; i < half; i++) {
          const angle = t * frequencies[i];
          visit(start + i, start + i + half, Math.cos(angle), Math.sin(angle));
        }
      }
    }
  };
  pairs((a, b, cos, sin) => {
    y.value[a] = x.value[a] * cos - x.value[b] * sin;
    y.value[b] = x.value[b] * cos + x.value[a] * sin;
  });
  tape.record(() => {
    pairs((a, b, cos, sin) => {
      x.gradient[a] += y.gradient[a] * cos + y.gradient[b] * sin;
      x.gradient[b] += y.gradient[b] * cos - y.gradient[a] * sin;
    });
  });
  return y;
}

/**
 * Each position attends to itself and those before it. Query head h reads key and value head floor(h * kvHeads / heads).
 * @param q [time, heads * headSize]
 * @param k [time, kvHeads * headSize]
 * @param v [time, kvHeads * headSize]
 * @returns [time, heads * headSize]
 */
export function attend(tape: Tape, q: Matrix, k: Matrix, v: Matrix, headSize: number): Matrix {
  const y = tape.matrix(q.rows, q.columns);
  const heads = q.columns / headSize;
  const group = q.columns / k.columns;
  const scale = 1 / Math.sqrt(headSize);
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor(head / group) * headSize;
    for (let t = 0; t < q.rows; t++) {
      const query = t * q.columns + head * headSize;
      const key = (s: number) => s * k.columns + shared;
      const scores = Array.from({ length: t + 1 }, (_, s) => scale * dot(q.value, query, k.value, key(s), headSize));
      const share = softmax(scores);
      for (let s = 0; s <= t; s++) {
        for (let i = 0; i < headSize; i++) y.value[query + i] += share[s] * v.value[key(s) + i];
      }
      tape.record(() => {
        const dShare = share.map((_, s) => dot(y.gradient, query, v.value, key(s), headSize));
        const mean = share.reduce((sum, p, s) => sum + p * dShare[s], 0);
        for (let s = 0; s <= t; s++) {
          const dScore = share[s] * (dShare[s] - mean) * scale;
          for (let i = 0; i < headSize; i++) {
            v.gradient[key(s) + i] += share[s] * y.gradient[query + i];
            q.gradient[query + i] += dScore * k.value[key(s) + i];
            k.gradient[key(s) + i] += dScore * q.value[query + i];
          }
        }
      });
    }
  }
  return y;
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - highest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / total);
}
