/** Promised results, and the ways in which servers say that one is not there yet or never will be. */
import { z } from 'zod';

/** What most calls answer at once. */
export const future = z.object({ request_id: z.string().min(1) });

export const retrieveFutureBody = z.object({
  request_id: z.string(),
  /** The answer may be `complete_metadata`, where the result is big. */
  allow_metadata_only: z.boolean().optional(),
});

export const queueState = z.enum(['active', 'paused_capacity', 'paused_rate_limit', 'unknown']).catch('unknown');

/** 200: not yet. */
export const tryAgain = z.object({
  type: z.literal('try_again'),
  queue_state: queueState.optional(),
  queue_state_reason: z.string().nullish(),
});

/** 408, its body. */
export const pendingBody = z.object({ queue_state: queueState.optional(), queue_state_reason: z.string().nullish() });

/** 200: failed. `user` is the caller's fault, `server` the service's. */
export const requestFailed = z.object({
  error: z.string(),
  category: z.enum(['unknown', 'server', 'user']).catch('unknown'),
});

/** 200: done, and this big; to be asked for again. */
export const completeMetadata = z.object({
  status: z.literal('complete_metadata'),
  response_payload_size: z.int().nonnegative(),
});

/** SkyRL's errors, everywhere: a text, or what pydantic found. */
export const errorBody = z.object({ detail: z.union([z.string(), z.array(z.unknown())]) });
