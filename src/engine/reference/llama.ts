/** The Llama decoder, written as its equations stand (Touvron et al. 2023): tokens in, logits out. */
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import { attend, rotate } from './attention.js';
import { add, embedding, gatedUnit, linear, rmsNorm } from './operators.js';
import type { Matrix, Tape } from './tape.js';

/** The weights in double precision, by checkpoint name, and their gradient. */
export interface Parameters {
  readonly matrices: ReadonlyMap<string, Matrix>;
  /** [parameters], by `llamaLayout`: the matrices' gradients are views of it. */
  readonly gradient: Float64Array;
}

/** @param weights [parameters], by `llamaLayout`; copied */
export function parametersOf(shape: LlamaShape, weights: Float32Array): Parameters {
  const { slots, size } = llamaLayout(shape);
  const [value, gradient] = [Float64Array.from(weights), new Float64Array(size)];
  const matrices = new Map<string, Matrix>();
  for (const { name, shape: dims, offset, size: length } of slots) {
    const columns = dims.at(-1) as number;
    matrices.set(name, {
      rows: length / columns,
      columns,
      value: value.subarray(offset, offset + length),
      gradient: gradient.subarray(offset, offset + length),
    });
  }
  return { matrices, gradient };
}

/** [time, vocabulary]: row t is the distribution of what follows tokens[0 .. t], unnormalised. */
export function llamaLogits(tape: Tape, shape: LlamaShape, parameters: Parameters, tokens: ArrayLike<number>): Matrix {
  const weight = (name: string) => parameters.matrices.get(`${name}.weight`) as Matrix;
  const table = weight('model.embed_tokens');
  let x = embedding(tape, table, tokens);
  for (let layer = 0; layer < shape.layers; layer++) {
    const part = (name: string) => weight(`model.layers.${layer}.${name}`);
    const h = rmsNorm(tape, x, part('input_layernorm'), shape.rmsNormEpsilon);
    const q = rotate(tape, linear(tape, h, part('self_attn.q_proj')), shape.headSize, shape.ropeTheta);
    const k = rotate(tape, linear(tape, h, part('self_attn.k_proj')), shape.headSize, shape.ropeTheta);
    const v = linear(tape, h, part('self_attn.v_proj'));
    x = add(tape, x, linear(tape, attend(tape, q, k, v, shape.headSize), part('self_attn.o_proj')));

    const f = rmsNorm(tape, x, part('post_attention_layernorm'), shape.rmsNormEpsilon);
    const middle = gatedUnit(tape, linear(tape, f, part('mlp.gate_proj')), linear(tape, f, part('mlp.up_proj')));
    x = add(tape, x, linear(tape, middle, part('mlp.down_proj')));
  }
  const last = rmsNorm(tape, x, weight('model.norm'), shape.rmsNormEpsilon);
  return linear(tape, last, shape.tiedEmbeddings ? table : weight('lm_head'));
}

/** Natural-log probabilities of row `t` of the logits, at a temperature. */
export function logProbabilities(logits: Matrix, t: number, temperature = 1): Float64Array {
  const row = logits.value.slice(t * logits.columns, (t + 1) * logits.columns).map((logit) => logit / temperature);
  const highest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logTotal = highest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
  return row.map((logit) => logit - logTotal);
}
