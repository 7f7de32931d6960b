/** Sampling requests (JSON alone) and what `asample` answers, in JSON and protobuf. */
import { z } from 'zod';
import { float32Bytes, float32sOf, int32Bytes, int32sOf, numbersOf } from './arrays.js';
import { modelInputJson, tokensJson } from './model-input.js';
import { asBytes, asNumber, ProtobufWriter, readFields, unreadable, type WireValue } from './protobuf.js';

export const samplingParams = z.object({
  max_tokens: z.int().positive(),
  temperature: z.number().nonnegative().default(1),
  top_p: z.number().default(1),
  /** -1: no limit. */
  top_k: z.int().default(-1),
  /** Sample i of a request draws with seed + i. */
  seed: z.int().optional(),
  /** Token ids or texts; a bare string is refused by some servers. */
  stop: z.union([z.array(z.int()), z.array(z.string())]).optional(),
});

/** `sampling_session_id` with `seq_id`, or one of `base_model` and `model_path`. */
export const sampleBody = z.object({
  num_samples: z.int().positive().default(1),
  prompt: modelInputJson,
  sampling_params: samplingParams,
  sampling_session_id: z.string().optional(),
  seq_id: z.int().nonnegative().optional(),
  base_model: z.string().optional(),
  model_path: z.string().optional(),
  prompt_logprobs: z.boolean().optional(),
  topk_prompt_logprobs: z.int().nonnegative().optional(),
});

export interface SampledSequence {
  /** The stop token is part of it. */
  readonly tokens: Int32Array;
  /** [length], natural log. */
  readonly logprobs?: Float32Array;
  readonly stopReason: 'stop' | 'length';
}

export interface SampleOutput {
  readonly sequences: readonly SampledSequence[];
  /** One for each prompt token, or for each but the first (server dependent); NaN where there is none. */
  readonly promptLogprobs?: Float32Array;
  /** For each prompt token its most probable tokens; null where there are none. */
  readonly topkPromptLogprobs?: readonly (readonly (readonly [token: number, logprob: number])[] | null)[];
}

const logprobsJson = z
  .custom<(number | null)[]>(
    (value) => Array.isArray(value) && value.every((item) => item === null || typeof item === 'number'),
    { error: 'expected an array of log-probabilities' },
  )
  .transform((values) => {
    const logprobs = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) logprobs[i] = values[i] ?? Number.NaN;
    return logprobs;
  });

export const sampleOutputJson = z
  .object({
    sequences: z.array(
      z
        .object({ tokens: tokensJson, logprobs: logprobsJson.nullish(), stop_reason: z.enum(['stop', 'length']) })
        .superRefine(({ tokens, logprobs }, context) => {
          if (logprobs && logprobs.length !== tokens.length) {
            context.addIssue({
              code: 'custom',
              message: `${logprobs.length} log-probabilities for ${tokens.length} tokens`,
              path: ['logprobs'],
            });
          }
        }),
    ),
    prompt_logprobs: logprobsJson.nullish(),
    topk_prompt_logprobs: z.array(z.array(z.tuple([z.int(), z.number()])).nullable()).nullish(),
  })
  .transform(
    ({ sequences, prompt_logprobs, topk_prompt_logprobs }): SampleOutput => ({
      sequences: sequences.map(({ tokens, logprobs, stop_reason }) => ({
        tokens,
        ...(logprobs && { logprobs }),
        stopReason: stop_reason,
      })),
      ...(prompt_logprobs && { promptLogprobs: prompt_logprobs }),
      ...(topk_prompt_logprobs && { topkPromptLogprobs: topk_prompt_logprobs }),
    }),
  );

export function sampleOutputToJson(output: SampleOutput): z.input<typeof sampleOutputJson> {
  const orNull = (values: Float32Array) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  return {
    sequences: output.sequences.map(({ tokens, logprobs, stopReason }) => ({
      tokens: numbersOf(tokens),
      ...(logprobs && { logprobs: orNull(logprobs) }),
      stop_reason: stopReason,
    })),
    prompt_logprobs: output.promptLogprobs ? orNull(output.promptLogprobs) : null,
    topk_prompt_logprobs:
      output.topkPromptLogprobs?.map(
        (row) => row?.map(([token, logprob]): [number, number] => [token, logprob]) ?? null,
      ) ?? null,
  };
}

/** enum StopReason */
const stopReasons = ['stop', 'length'] as const;
/** An empty cell of the top-k table. */
const emptyLogprob = -99999;

/**
 * message SampleResponse { SampledSequence sequences = 1; optional bytes prompt_logprobs = 2 (float32, NaN: none);
 * TopkPromptLogprobs topk_prompt_logprobs = 3 }, SampledSequence { stop_reason = 1; bytes tokens = 2 (int32); bytes logprobs = 3 },
 * TopkPromptLogprobs { bytes token_ids = 1; bytes logprobs = 2; k = 3; prompt_length = 4 }
 */
export function sampleOutputToProtobuf({ sequences, promptLogprobs, topkPromptLogprobs }: SampleOutput): Uint8Array {
  const to = new ProtobufWriter();
  for (const { tokens, logprobs, stopReason } of sequences) {
    to.message(1, (sequence) => {
      sequence.varint(1, stopReasons.indexOf(stopReason)).bytes(2, int32Bytes(tokens));
      if (logprobs) sequence.bytes(3, float32Bytes(logprobs));
    });
  }
  if (promptLogprobs) to.bytes(2, float32Bytes(promptLogprobs));
  if (topkPromptLogprobs) {
    const k = Math.max(1, ...topkPromptLogprobs.map((row) => row?.length ?? 0));
    const ids = new Int32Array(topkPromptLogprobs.length * k);
    const logprobs = new Float32Array(ids.length).fill(emptyLogprob);
    topkPromptLogprobs.forEach((row, r) => {
      row?.forEach(([token, logprob], c) => {
        ids[r * k + c] = token;
        logprobs[r * k + c] = logprob;
      });
    });
    to.message(3, (table) =>
      table
        .bytes(1, int32Bytes(ids))
        .bytes(2, float32Bytes(logprobs))
        .varint(3, k)
        .varint(4, topkPromptLogprobs.length),
    );
  }
  return to.finish();
}

/** @throws SoarError TINKER_PROTOBUF */
export function sampleOutputFromProtobuf(bytes: Uint8Array): SampleOutput {
  const where = 'SampleResponse';
  const sequences: SampledSequence[] = [];
  let promptLogprobs: Float32Array | undefined;
  let topkPromptLogprobs: SampleOutput['topkPromptLogprobs'];
  readFields(bytes, where, (field, value) => {
    if (field === 1) sequences.push(readSequence(value, `${where}.sequences[${sequences.length}]`));
    else if (field === 2) promptLogprobs = float32sOf(asBytes(value, where), `${where}.prompt_logprobs`);
    else if (field === 3) topkPromptLogprobs = readTopk(value, `${where}.topk_prompt_logprobs`);
  });
  return { sequences, ...(promptLogprobs && { promptLogprobs }), ...(topkPromptLogprobs && { topkPromptLogprobs }) };
}

function readSequence(from: WireValue, where: string): SampledSequence {
  let stopReason: SampledSequence['stopReason'] | undefined = 'stop';
  let tokens = new Int32Array(0);
  let logprobs: Float32Array | undefined;
  readFields(asBytes(from, where), where, (field, value) => {
    if (field === 1) stopReason = stopReasons[asNumber(value, where)];
    else if (field === 2) tokens = int32sOf(asBytes(value, where), `${where}.tokens`) as Int32Array<ArrayBuffer>;
    else if (field === 3) logprobs = float32sOf(asBytes(value, where), `${where}.logprobs`);
  });
  if (!stopReason) throw unreadable(`${where}.stop_reason`, 'is unknown');
  if (logprobs && logprobs.length !== tokens.length) {
    throw unreadable(`${where}.logprobs`, `has ${logprobs.length} values for ${tokens.length} tokens`);
  }
  return { tokens, ...(logprobs && { logprobs }), stopReason };
}

function readTopk(from: WireValue, where: string): NonNullable<SampleOutput['topkPromptLogprobs']> {
  let ids = new Int32Array(0);
  let logprobs = new Float32Array(0);
  let k = 0;
  let length = 0;
  readFields(asBytes(from, where), where, (field, value) => {
    if (field === 1) ids = int32sOf(asBytes(value, where), where) as Int32Array<ArrayBuffer>;
    else if (field === 2) logprobs = float32sOf(asBytes(value, where), where) as Float32Array<ArrayBuffer>;
    else if (field === 3) k = asNumber(value, where);
    else if (field === 4) length = asNumber(value, where);
  });
  if (ids.length !== k * length || logprobs.length !== ids.length) {
    throw unreadable(where, `has ${ids.length} tokens and ${logprobs.length} values for ${length} rows of ${k}`);
  }
  return Array.from({ length }, (_, r) => {
    const row = Array.from({ length: k }, (_, c) => [ids[r * k + c]!, logprobs[r * k + c]!] as const);
    const filled = row.filter(([, logprob]) => logprob !== emptyLogprob);
    return filled.length > 0 ? filled : null;
  });
}

/** Exactly one of `base_model` and `model_path`. */
export const createSamplingSessionBody = z.object({
  session_id: z.string(),
  sampling_session_seq_id: z.int().nonnegative(),
  base_model: z.string().optional(),
  model_path: z.string().optional(),
});

export const createSamplingSessionAnswer = z.object({ sampling_session_id: z.string().min(1) });

export const samplerAnswer = z.object({
  sampler_id: z.string(),
  base_model: z.string().nullish(),
  model_path: z.string().nullish(),
});
