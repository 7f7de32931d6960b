/**
 * The model families that can be computed, by `model_type`: what each adds to the plain Llama decoder, read from its config.json. All
 * share the decoder's equations; anything else is refused by name. Pure.
 */
import { z } from 'zod';
import type { LlamaShape, RopeScaling } from './llama-shape.js';

const rope = z.looseObject({
  rope_theta: z.number().nullish(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().nullish(),
  low_freq_factor: z.number().nullish(),
  high_freq_factor: z.number().nullish(),
  original_max_position_embeddings: z.number().nullish(),
});

/** The keys in which families differ. */
export const familyKeys = {
  num_hidden_layers: z.int().min(1),
  max_position_embeddings: z.int().min(1),
  rope_theta: z.number().nullish(),
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().nullish(),
  /** SmolLM3: 1 for a layer that rotates; without it each layer whose number, from 1, is a multiple of the interval does not. */
  no_rope_layers: z.array(z.int()).nullish(),
  no_rope_layer_interval: z.int().min(1).nullish(),
};

export type FamilyConfig = z.infer<z.ZodObject<typeof familyKeys>>;

type Addition = Pick<LlamaShape, 'qkvBias' | 'attentionOutBias' | 'headNorms' | 'unrotatedLayers'>;

interface Family {
  readonly adds: (config: FamilyConfig) => Addition;
  /** Tokens that a layer looks back on, where that is less than the context. */
  readonly window: (config: FamilyConfig) => number | undefined;
  /** What config.json means where it does not say: transformers leaves out what is the family's default. */
  readonly unsaid?: { readonly tiedEmbeddings: boolean; readonly ropeTheta: number };
}

/** Numbers of the layers, from 0, that do not rotate. */
function unrotated({ num_hidden_layers: layers, no_rope_layers: list, no_rope_layer_interval: every }: FamilyConfig) {
  const rotates = (layer: number) => (list ? list[layer] : (layer + 1) % (every ?? 4));
  return Array.from({ length: layers }, (_, layer) => layer).filter((layer) => !rotates(layer));
}

const switchedWindow = ({ use_sliding_window: used, sliding_window: window }: FamilyConfig) =>
  used ? (window ?? undefined) : undefined;
const attentionBias = ({ attention_bias: bias }: FamilyConfig): Addition =>
  bias ? { qkvBias: true, attentionOutBias: true } : {};

export const families: Readonly<Record<string, Family>> = {
  /** Llama 2, 3, 3.1, 3.2; SmolLM2. */
  llama: { adds: attentionBias, window: () => undefined },
  mistral: {
    adds: () => ({}),
    // Without the key 4,096, as in transformers; null is none.
    window: ({ sliding_window: window = 4096 }) => window ?? undefined,
  },
  /** Qwen2 and Qwen2.5. */
  qwen2: { adds: () => ({ qkvBias: true }), window: switchedWindow },
  qwen3: { adds: (config) => ({ ...attentionBias(config), headNorms: true }), window: switchedWindow },
  smollm3: {
    adds: (config) => {
      const unrotatedLayers = unrotated(config);
      return { ...attentionBias(config), ...(unrotatedLayers.length > 0 && { unrotatedLayers }) };
    },
    window: switchedWindow,
    unsaid: { tiedEmbeddings: true, ropeTheta: 2_000_000 },
  },
};

/** @returns what rotary embeddings are scaled by, `undefined` for nothing; a text says why they cannot be computed */
export function ropeScaling(config: FamilyConfig): RopeScaling | string | undefined {
  const given = config.rope_scaling ?? config.rope_parameters;
  const type = given?.rope_type ?? given?.type ?? 'default';
  if (!given || type === 'default') return undefined;
  const { factor, low_freq_factor: low, high_freq_factor: high } = given;
  const original = given.original_max_position_embeddings ?? config.max_position_embeddings;
  if (type === 'linear' && factor) return { kind: 'linear', factor };
  if (type === 'llama3' && factor && low && high) {
    return { kind: 'llama3', factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext: original };
  }
  return `rotary embeddings are scaled (${type}${type === 'linear' || type === 'llama3' ? ', with a factor missing' : ''})`;
}
