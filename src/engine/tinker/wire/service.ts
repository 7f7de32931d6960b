/** Configuration, health, authentication and sessions. */
import { z } from 'zod';

export const clientConfigBody = z.object({ sdk_version: z.string() });

/** Flags by which a server steers its clients; the defaults are the official client's. */
export const clientConfig = z.object({
  pjwt_auth_enabled: z.boolean().default(false),
  parallel_fwdbwd_chunks: z.boolean().default(true),
  /** The server reads `forward_backward` in protobuf. */
  proto_write_fwdbwd: z.boolean().default(false),
  /** The server takes zstd bodies for `forward_backward`. */
  proto_compress_fwdbwd: z.boolean().default(false),
  fwdbwd_max_chunk_len: z.int().positive().default(1024),
  fwdbwd_max_chunk_bytes_count: z.int().positive().default(5_000_000),
  fwdbwd_dispatch_bytes_semaphore_size: z.int().positive().default(50_000_000),
  sample_dispatch_bytes_semaphore_size: z
    .int()
    .positive()
    .default(10 * 1024 * 1024),
  inflight_response_bytes_semaphore_size: z
    .int()
    .positive()
    .default(50 * 1024 * 1024),
  sample_max_concurrent_requests: z.int().positive().default(2000),
  billing_exception_max_pause_duration_sec: z.number().nonnegative().default(3600),
});

export const healthAnswer = z.object({ status: z.string() });

export const capabilitiesAnswer = z.object({
  supported_models: z.array(
    z.object({ model_name: z.string().nullish(), max_context_length: z.int().positive().nullish() }),
  ),
  supported_loss_fns: z.array(z.string()).nullish(),
});

export const tokenAnswer = z.object({ jwt: z.string().min(1) });

export const createSessionBody = z.object({
  type: z.literal('create_session').optional(),
  tags: z.array(z.string()),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
  sdk_version: z.string(),
  project_id: z.string().optional(),
});

export const createSessionAnswer = z.object({
  session_id: z.string().min(1),
  info_message: z.string().nullish(),
  warning_message: z.string().nullish(),
  error_message: z.string().nullish(),
});

export const heartbeatBody = z.object({ session_id: z.string() });
export const heartbeatAnswer = z.object({ type: z.string().optional() });
