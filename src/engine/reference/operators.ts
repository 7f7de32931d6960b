/** The position-wise parts of a Llama decoder, each with its backward pass. x is [time, features] everywhere. */
import type { Matrix, Tape } from './tape.js';

/** Rows of the table: y_t = table[tokens_t]. @param table [vocabulary, features] */
export function embedding(tape: Tape, table: Matrix, tokens: ArrayLike<number>): Matrix {
  const size = table.columns;
  const y = tape.matrix(tokens.length, size);
  for (let t = 0; t < y.rows; t++) {
    for (let i = 0; i < size; i++) y.value[t * size + i] = table.value[tokens[t] * size + i];
  }
  tape.record(() => {
    for (let t = 0; t < y.rows; t++) {
      for (let i = 0; i < size; i++) table.gradient[tokens[t] * size + i] += y.gradient[t * size + i];
    }
  });
  return y;
}

/** y = x W^T. @param weight [out, in], as checkpoints store it */
export function linear(tape: Tape, x: Matrix, weight: Matrix): Matrix {
  const { rows: outputs, columns: inputs } = weight;
  const y = tape.matrix(x.rows, outputs);
  for (let t = 0; t < x.rows; t++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += x.value[t * inputs + i] * weight.value[o * inputs + i];
      y.value[t * outputs + o] = sum;
    }
  }
  tape.record(() => {
    for (let t = 0; t < x.rows; t++) {
      for (let o = 0; o < outputs; o++) {
        const dy = y.gradient[t * outputs + o];
        for (let i = 0; i < inputs; i++) {
          x.gradient[t * inputs + i] += dy * weight.value[o * inputs + i];
          weight.gradient[o * inputs + i] += dy * x.value[t * inputs + i];
        }
      }
    }
  });
  return y;
}

/** The same bias at every position. @param bias [1, features] */
export function addBias(tape: Tape, x: Matrix, bias: Matrix): Matrix {
  const y = tape.matrix(x.rows, x.columns);
  for (let i = 0; i < y.value.length; i++) y.value[i] = x.value[i] + bias.value[i % x.columns];
  tape.record(() => {
    for (let i = 0; i < y.value.length; i++) {
      x.gradient[i] += y.gradient[i];
      bias.gradient[i % x.columns] += y.gradient[i];
    }
  });
  return y;
}

/** The residual sum. */
export function add(tape: Tape, a: Matrix, b: Matrix): Matrix {
  const y = tape.matrix(a.rows, a.columns);
  for (let i = 0; i < y.value.length; i++) y.value[i] = a.value[i] + b.value[i];
  tape.record(() => {
    for (let i = 0; i < y.value.length; i++) {
      a.gradient[i] += y.gradient[i];
      b.gradient[i] += y.gradient[i];
    }
  });
  return y;
}

/** y_i = scale_i * x_i / rms, rms = sqrt(mean(x^2) + epsilon) over the features of a position. @param scale [1, features] */
export function rmsNorm(tape: Tape, x: Matrix, scale: Matrix, epsilon: number): Matrix {
  const size = x.columns;
  const y = tape.matrix(x.rows, size);
  const rms = new Float64Array(x.rows);
  for (let t = 0; t < x.rows; t++) {
    let squares = 0;
    for (let i = 0; i < size; i++) squares += x.value[t * size + i] ** 2;
    rms[t] = Math.sqrt(squares / size + epsilon);
    for (let i = 0; i < size; i++) y.value[t * size + i] = (scale.value[i] * x.value[t * size + i]) / rms[t];
  }
  tape.record(() => {
    for (let t = 0; t < x.rows; t++) {
      // d(1 / rms)/d(x_i) = -x_i / (features * rms^3)
      let inner = 0;
      for (let i = 0; i < size; i++) inner += y.gradient[t * size + i] * scale.value[i] * x.value[t * size + i];
      for (let i = 0; i < size; i++) {
        const at = t * size + i;
        scale.gradient[i] += (y.gradient[at] * x.value[at]) / rms[t];
        x.gradient[at] += (y.gradient[at] * scale.value[i]) / rms[t] - (x.value[at] * inner) / (size * rms[t] ** 3);
      }
    }
  });
  return y;
}

/** SwiGLU's middle (Shazeer 2020): silu(gate) * up, with silu(z) = z * sigmoid(z). */
export function gatedUnit(tape: Tape, gate: Matrix, up: Matrix): Matrix {
  const y = tape.matrix(gate.rows, gate.columns);
  const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
  for (let i = 0; i < y.value.length; i++) y.value[i] = gate.value[i] * sigmoid(gate.value[i]) * up.value[i];
  tape.record(() => {
    for (let i = 0; i < y.value.length; i++) {
      const z = gate.value[i];
      const s = sigmoid(z);
      gate.gradient[i] += y.gradient[i] * up.value[i] * s * (1 + z * (1 - s));
      up.gradient[i] += y.gradient[i] * z * s;
    }
  });
  return y;
}
