/** Models, that is LoRA adapters on the served base model. */
import { z } from 'zod';

export const loraConfig = z.object({
  rank: z.int().positive(),
  seed: z.int().nullish(),
  /** The hosted service's own; others ignore them. */
  train_mlp: z.boolean().optional(),
  train_attn: z.boolean().optional(),
  train_unembed: z.boolean().optional(),
});

export const createModelBody = z.object({
  session_id: z.string(),
  base_model: z.string(),
  lora_config: loraConfig,
  model_seq_id: z.int().nonnegative().optional(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
});

/** At once: the hosted service names the model only in the result. */
export const createModelAnswer = z.object({ request_id: z.string().min(1), model_id: z.string().nullish() });

export const createModelResult = z.object({
  model_id: z.string().min(1),
  base_model: z.string().nullish(),
  lora_config: z.object({ rank: z.int().positive(), alpha: z.number().nullish() }).nullish(),
});

export const unloadModelBody = z.object({ model_id: z.string() });
export const unloadModelAnswer = z.object({ request_id: z.string().min(1) });
export const unloadModelResult = z.object({ model_id: z.string().nullish() });

export const getInfoBody = z.object({ model_id: z.string() });
export const getInfoAnswer = z.object({
  model_id: z.string(),
  status: z.string().nullish(),
  is_lora: z.boolean().nullish(),
  lora_rank: z.int().nullish(),
  model_name: z.string().nullish(),
  model_data: z
    .object({
      base_model: z.string().nullish(),
      model_name: z.string().nullish(),
      tokenizer_id: z.string().nullish(),
      lora_config: z.object({ rank: z.int().positive() }).nullish(),
    })
    .nullish(),
});
