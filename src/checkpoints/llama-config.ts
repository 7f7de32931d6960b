/** config.json of a model of the Llama kind: to our shape, and back for a plain one. What we cannot compute is refused by name, never ignored. Pure. */
import { z } from 'zod';
import { invariant, SoarError } from '../errors.js';
import { families, familyKeys, ropeScaling } from './families.js';
import type { LlamaShape } from './llama-shape.js';

const positive = z.int().min(1);
/** One id, several, or none. */
export const tokenIds = z
  .union([z.int(), z.array(z.int())])
  .nullish()
  .transform((ids) => (ids === undefined || ids === null ? undefined : [ids].flat()));

const configSchema = z.looseObject({
  model_type: z.string(),
  vocab_size: positive,
  hidden_size: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  intermediate_size: positive,
  rms_norm_eps: z.number(),
  tie_word_embeddings: z.boolean().nullish(),
  hidden_act: z.string().default('silu'),
  eos_token_id: tokenIds,
  quantization_config: z.looseObject({ quant_method: z.string().optional() }).nullish(),
  ...familyKeys,
});

const supported = `models of the Llama kind can be used: ${Object.keys(families).join(', ')}; rotary embeddings plain, linear or llama3; SwiGLU with silu; weights of 16 or 32 bits`;

export interface LlamaConfig {
  readonly shape: LlamaShape;
  /** The key that the context length follows from. */
  readonly contextKey: 'max_position_embeddings' | 'sliding_window';
  readonly endTokens: readonly number[];
}

/**
 * @param where the file, for messages
 * @throws SoarError MODEL_CONFIG, MODEL_UNSUPPORTED
 */
export function readLlamaConfig(json: unknown, where: string): LlamaConfig {
  const wrong = (what: string) =>
    new SoarError('MODEL_CONFIG', what, { where, remedy: 'use the config.json that belongs to the model' });
  const type = (json as { model_type?: unknown } | null)?.model_type;
  if (typeof type === 'string' && !Object.hasOwn(families, type)) throw unsupported(`model_type is ${type}`, where);
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const config = parsed.data;
  const family = families[config.model_type] as (typeof families)[string];
  if (config.quantization_config) {
    const { quant_method: method = 'in an unknown way' } = config.quantization_config;
    throw unsupported(`the weights are quantised (${method})`, where);
  }
  if (config.mlp_bias) throw unsupported('the feed-forward layers have biases (mlp_bias)', where);
  if (config.hidden_act !== 'silu') throw unsupported(`hidden_act is ${config.hidden_act}`, where);
  const rotating = config.no_rope_layers?.length ?? config.num_hidden_layers;
  if (rotating !== config.num_hidden_layers) {
    throw wrong(`no_rope_layers has ${rotating} entries for ${config.num_hidden_layers} layers`);
  }
  const scaling = ropeScaling(config);
  if (typeof scaling === 'string') throw unsupported(scaling, where);

  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0) {
    throw wrong(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${kvHeads}`);
  }
  // Within its window a sliding attention is a full one: longer texts are refused, none is computed otherwise.
  const window = family.window(config) ?? Number.POSITIVE_INFINITY;
  const headSize = config.head_dim ?? config.hidden_size / heads;
  if (headSize % 2 !== 0) throw wrong(`the head size ${headSize} is not an even integer`);
  const shape: LlamaShape = {
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headSize,
    intermediateSize: config.intermediate_size,
    contextLength: Math.min(config.max_position_embeddings, window),
    ropeTheta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? family.unsaid?.ropeTheta ?? 10_000,
    ...(scaling && { ropeScaling: scaling }),
    rmsNormEpsilon: config.rms_norm_eps,
    tiedEmbeddings: config.tie_word_embeddings ?? family.unsaid?.tiedEmbeddings ?? false,
    ...family.adds(config),
  };
  const contextKey = window < config.max_position_embeddings ? 'sliding_window' : 'max_position_embeddings';
  return { shape, contextKey, endTokens: config.eos_token_id ?? [] };
}

const unsupported = (what: string, where: string) =>
  new SoarError('MODEL_UNSUPPORTED', what, { where, remedy: supported });

/** The rotary base in the older place, which old and new versions of transformers read. */
export function llamaConfig(shape: LlamaShape, tokens: object): object {
  const { qkvBias, attentionOutBias, headNorms, unrotatedLayers, ropeScaling: scaling } = shape;
  invariant(!(qkvBias || attentionOutBias || headNorms || unrotatedLayers || scaling), 'a model of our own is plain');
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: shape.vocabularySize,
    hidden_size: shape.hiddenSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headSize,
    intermediate_size: shape.intermediateSize,
    max_position_embeddings: shape.contextLength,
    rope_theta: shape.ropeTheta,
    rms_norm_eps: shape.rmsNormEpsilon,
    tie_word_embeddings: shape.tiedEmbeddings,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'float32',
    ...tokens,
  };
}

/** Any model's config.json with the number type that we write; the key is the one that is there, of old and new transformers. */
export function inSinglePrecision(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const keys = ['dtype', 'torch_dtype'].filter((key) => key in config);
  return { ...config, ...Object.fromEntries((keys.length > 0 ? keys : ['dtype']).map((key) => [key, 'float32'])) };
}
