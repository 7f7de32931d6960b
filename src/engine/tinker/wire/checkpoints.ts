/** Saving and loading weights, and the listing of what is saved. Paths have the form `tinker://<model>/weights/<name>`. */
import { z } from 'zod';

export const checkpointName = z.string().regex(/^[a-zA-Z0-9_-]{1,255}$/);

export const saveWeightsBody = z.object({
  model_id: z.string(),
  path: checkpointName,
  /** The hosted service's; SkyRL has none for saves. */
  seq_id: z.int().positive().nullish(),
  overwrite: z.boolean().optional(),
  ttl_seconds: z.number().positive().optional(),
});
export const saveWeightsResult = z.object({ path: z.string().startsWith('tinker://') });

/** Named by `path`, or ephemeral by `sampling_session_seq_id` and `seq_id`; (the pair must be new for the model). */
export const saveWeightsForSamplerBody = z.object({
  model_id: z.string(),
  path: checkpointName.optional(),
  sampling_session_seq_id: z.int().nonnegative().optional(),
  seq_id: z.int().positive().nullish(),
  ttl_seconds: z.number().positive().optional(),
});
export const saveWeightsForSamplerResult = z
  .object({ path: z.string().nullish(), sampling_session_id: z.string().nullish() })
  .refine(({ path, sampling_session_id }) => path || sampling_session_id, {
    error: 'names neither a path nor a sampling session',
  });

/** `optimizer` has no default here: SkyRL's is true, and that is the wrong one for a fork. */
export const loadWeightsBody = z.object({
  model_id: z.string(),
  path: z.string().startsWith('tinker://'),
  optimizer: z.boolean(),
  seq_id: z.int().positive().nullish(),
});
export const loadWeightsResult = z.object({ path: z.string().nullish() });

export const weightsInfoBody = z.object({ tinker_path: z.string() });
export const weightsInfoAnswer = z.object({
  base_model: z.string(),
  is_lora: z.boolean(),
  lora_rank: z.int().nullish(),
});

const checkpoint = z.object({
  checkpoint_id: z.string(),
  checkpoint_type: z.enum(['training', 'sampler']),
  time: z.string().nullish(),
  tinker_path: z.string(),
});

export const trainingRun = z.object({
  training_run_id: z.string(),
  base_model: z.string(),
  is_lora: z.boolean().nullish(),
  corrupted: z.boolean().nullish(),
  lora_rank: z.int().nullish(),
  last_request_time: z.string().nullish(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
});

export const trainingRunsAnswer = z.object({
  training_runs: z.array(trainingRun),
  cursor: z.object({ offset: z.int(), limit: z.int(), total_count: z.int().nonnegative() }),
});

export const checkpointsAnswer = z.object({ checkpoints: z.array(checkpoint) });

export type Checkpoint = z.output<typeof checkpoint>;
export type TrainingRun = z.output<typeof trainingRun>;
