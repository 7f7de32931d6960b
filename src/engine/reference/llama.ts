/** The Llama decoder, written as its equations stand (Touvron et al. 2023): tokens in, logits out. */
import { type LlamaShape, llamaLayout } from '../../checkpoints/llama-shape.js';
import { rotaryFrequencies } from '../../checkpoints/rotary.js';
import { attend, rotate } from './attention.js';
import { add, addBias, embedding, gatedUnit, linear, rmsNorm } from './operators.js';
import type { Matrix, Tape } from './tape.js';

/** The weights in double precision, by checkpoint name, and their gradient. */
export interface Parameters {
  readonly matrices: ReadonlyMap<string, Matrix>;
  /** [parameters], by `llamaLayout`: the matrices' gradients are views of it. */
  readonly gradient: Float64Array;
}

/** @param weights [parameters], by `llamaLayout`; copied */
export function parametersOf(shape: LlamaShape, weights: Float32Array | Float64Array): Parameters {
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
  const frequencies = rotaryFrequencies(shape);
  let x = embedding(tape, table, tokens);
  for (let layer = 0; layer < shape.layers; layer++) {
    const part = (name: string) => weight(`model.layers.${layer}.${name}`);
    const h = rmsNorm(tape, x, part('input_layernorm'), shape.rmsNormEpsilon);
    const projected = (name: string, input: Matrix) => {
      const y = linear(tape, input, part(`self_attn.${name}_proj`));
      const bias = parameters.matrices.get(`model.layers.${layer}.self_attn.${name}_proj.bias`);
      return bias ? addBias(tape, y, bias) : y;
    };
    const turned = (name: 'q' | 'k') => {
      const y = projected(name, h);
      const normed = shape.headNorms ? headNorm(tape, y, part(`self_attn.${name}_norm`), shape) : y;
      return shape.unrotatedLayers?.includes(layer) ? normed : rotate(tape, normed, shape.headSize, frequencies);
    };
    const attended = attend(tape, turned('q'), turned('k'), projected('v', h), shape.headSize);
    x = add(tape, x, projected('o', attended));

    const f = rmsNorm(tape, x, part('post_attention_layernorm'), shape.rmsNormEpsilon);
    const middle = gatedUnit(tape, linear(tape, f, part('mlp.gate_proj')), linear(tape, f, part('mlp.up_proj')));
    x = add(tape, x, linear(tape, middle, part('mlp.down_proj')));
  }
  const last = rmsNorm(tape, x, weight('model.norm'), shape.rmsNormEpsilon);
  return linear(tape, last, shape.tiedEmbeddings ? table : weight('lm_head'));
}

/** Each head of each position on its own (Qwen3). @param scale [1, headSize] */
function headNorm(tape: Tape, x: Matrix, scale: Matrix, { headSize, rmsNormEpsilon }: LlamaShape): Matrix {
  const reshaped = (matrix: Matrix, columns: number) => ({ ...matrix, rows: matrix.value.length / columns, columns });
  return reshaped(rmsNorm(tape, reshaped(x, headSize), scale, rmsNormEpsilon), x.columns);
}

/** Natural-log probabilities of row `t` of the logits, at a temperature. */
export function logProbabilities(logits: Matrix, t: number, temperature = 1): Float64Array {
  const row = logits.value.slice(t * logits.columns, (t + 1) * logits.columns).map((logit) => logit / temperature);
  const highest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logTotal = highest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
  return row.map((logit) => logit - logTotal);
}
