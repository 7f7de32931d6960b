/**
 * The Llama decoder's shape and the order of its parameters in one flat array. Both in-process engines use this layout,
 * so that a policy's state moves between them unchanged.
 */

export interface LlamaShape {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Grouped-query attention: heads is a multiple of it. */
  readonly kvHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly contextLength: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  readonly rmsNormEpsilon: number;
  /** The output matrix is the embedding matrix. */
  readonly tiedEmbeddings: boolean;
  /** Queries, keys and values have biases (Qwen2). */
  readonly qkvBias?: boolean;
  readonly attentionOutBias?: boolean;
  /** Queries and keys are normed head by head before they are rotated (Qwen3). */
  readonly headNorms?: boolean;
  /** Layers without rotary embeddings, from 0 (SmolLM3). */
  readonly unrotatedLayers?: readonly number[];
}

/** `linear` divides every frequency; `llama3` slows the low ones (Llama 3.1 and 3.2). */
export type RopeScaling =
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

export interface ParameterSlot {
  /** The Hugging Face tensor name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** As in the checkpoint: matrices are [out, in]. */
  readonly shape: readonly number[];
  /** In floats from the start of the flat array. */
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  readonly slots: readonly ParameterSlot[];
  /** Total floats. */
  readonly size: number;
}

/**
 * Slots in forward order. q, k, v stand side by side, as do their biases, and gate and up: [out, in] matrices that share an input
 * form one taller matrix without a copy.
 */
export function llamaLayout(shape: LlamaShape): ParameterLayout {
  const { hiddenSize: d, intermediateSize: f, headSize } = shape;
  const queries = shape.heads * headSize;
  const keys = shape.kvHeads * headSize;
  const slots: ParameterSlot[] = [];
  let size = 0;
  const add = (name: string, ...dims: number[]) => {
    const count = dims.reduce((a, b) => a * b, 1);
    slots.push({ name, shape: dims, offset: size, size: count });
    size += count;
  };
  add('model.embed_tokens.weight', shape.vocabularySize, d);
  for (let layer = 0; layer < shape.layers; layer++) {
    const at = `model.layers.${layer}`;
    add(`${at}.input_layernorm.weight`, d);
    add(`${at}.self_attn.q_proj.weight`, queries, d);
    add(`${at}.self_attn.k_proj.weight`, keys, d);
    add(`${at}.self_attn.v_proj.weight`, keys, d);
    if (shape.qkvBias) {
      add(`${at}.self_attn.q_proj.bias`, queries);
      add(`${at}.self_attn.k_proj.bias`, keys);
      add(`${at}.self_attn.v_proj.bias`, keys);
    }
    if (shape.headNorms) {
      add(`${at}.self_attn.q_norm.weight`, headSize);
      add(`${at}.self_attn.k_norm.weight`, headSize);
    }
    add(`${at}.self_attn.o_proj.weight`, d, queries);
    if (shape.attentionOutBias) add(`${at}.self_attn.o_proj.bias`, d);
    add(`${at}.post_attention_layernorm.weight`, d);
    add(`${at}.mlp.gate_proj.weight`, f, d);
    add(`${at}.mlp.up_proj.weight`, f, d);
    add(`${at}.mlp.down_proj.weight`, d, f);
  }
  add('model.norm.weight', d);
  if (!shape.tiedEmbeddings) add('lm_head.weight', shape.vocabularySize, d);
  return { slots, size };
}
