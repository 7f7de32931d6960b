/**
 * Training requests and their answers: `forward_backward` and `forward` in JSON and protobuf, `optim_step` in JSON.
 *
 * Alignment: with full = prompt + completion, a datum's tokens are full[:-1], its `target_tokens` full[1:], and every input has that
 * same length. Prompt positions carry 0 in logprobs, advantages and weights.
 */
import { z } from 'zod';
import { modelInputJson, modelInputToJson, readChunk, writeModelInput } from './model-input.js';
import { asBytes, asNumber, asString, ProtobufWriter, readFields, readMapEntry, unreadable } from './protobuf.js';
import { readTensor, type Tensor, tensorJson, tensorToJson, writeTensor } from './tensor.js';

export interface Datum {
  readonly tokens: Int32Array;
  /** By name: target_tokens, logprobs, advantages, weights... */
  readonly inputs: Readonly<Record<string, Tensor>>;
}

export interface TrainingRequest {
  readonly modelId: string;
  /** Place in the model's sequence of requests, from 1. Same pair of model and number, same request: a repetition is harmless. */
  readonly seqId?: number;
  readonly data: readonly Datum[];
  /** cross_entropy, importance_sampling, ppo, cispo, ...: what there is depends on the server. */
  readonly lossFn: string;
  readonly lossFnConfig?: Readonly<Record<string, number>>;
  /** Log-probabilities and loss without gradients. */
  readonly forwardOnly: boolean;
}

const trainingInput = z.object({
  data: z.array(
    z
      .object({ model_input: modelInputJson, loss_fn_inputs: z.record(z.string(), tensorJson) })
      .transform(({ model_input, loss_fn_inputs }): Datum => ({ tokens: model_input, inputs: loss_fn_inputs })),
  ),
  loss_fn: z.string(),
  loss_fn_config: z.record(z.string(), z.number()).nullish(),
});

type TrainingInputJson = z.input<typeof trainingInput>;

/** Body of `forward_backward`. */
export const forwardBackwardBody = z.object({
  model_id: z.string(),
  forward_backward_input: trainingInput,
  seq_id: z.int().positive().nullish(),
});

/** Body of `forward`. */
export const forwardBody = z.object({
  model_id: z.string(),
  forward_input: trainingInput,
  seq_id: z.int().positive().nullish(),
});

/** The JSON body; it goes to `forward` or `forward_backward`, as `forwardOnly` says. @throws SoarError TINKER_NOT_FINITE */
export function trainingRequestToJson(
  request: TrainingRequest,
): z.input<typeof forwardBackwardBody> | z.input<typeof forwardBody> {
  const input: TrainingInputJson = {
    data: request.data.map(({ tokens, inputs }) => ({
      model_input: modelInputToJson(tokens),
      loss_fn_inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensorToJson(tensor)])),
    })),
    loss_fn: request.lossFn,
    ...(request.lossFnConfig && { loss_fn_config: { ...request.lossFnConfig } }),
  };
  const head = { model_id: request.modelId, ...(request.seqId !== undefined && { seq_id: request.seqId }) };
  return request.forwardOnly ? { ...head, forward_input: input } : { ...head, forward_backward_input: input };
}

/** The parsed body of either call, in the form that protobuf gives as well. */
export function trainingRequestOf(
  body: z.output<typeof forwardBackwardBody> | z.output<typeof forwardBody>,
): TrainingRequest {
  const forwardOnly = 'forward_input' in body;
  const { data, loss_fn, loss_fn_config } = forwardOnly ? body.forward_input : body.forward_backward_input;
  return {
    modelId: body.model_id,
    ...(body.seq_id != null && { seqId: body.seq_id }),
    data,
    lossFn: loss_fn,
    ...(loss_fn_config && { lossFnConfig: loss_fn_config }),
    forwardOnly,
  };
}

/**
 * message ForwardBackwardRequest { model_id = 1; seq_id = 2 (0: none); Datum data = 3; loss_fn = 4; map<string, double>
 * loss_fn_config = 5; bool forward_only = 6 }, Datum { Chunk model_input = 1; map<string, Tensor> loss_fn_inputs = 2 }.
 * It always goes to `forward_backward`. @throws SoarError TINKER_NOT_FINITE
 */
export function trainingRequestToProtobuf(request: TrainingRequest): Uint8Array {
  const to = new ProtobufWriter();
  to.string(1, request.modelId).varint(2, request.seqId ?? 0);
  for (const { tokens, inputs } of request.data) {
    to.message(3, (datum) => {
      writeModelInput(datum, 1, tokens);
      for (const [name, tensor] of Object.entries(inputs)) {
        datum.message(2, (entry) => entry.string(1, name).message(2, (value) => writeTensor(value, tensor)));
      }
    });
  }
  to.string(4, request.lossFn);
  for (const [name, value] of Object.entries(request.lossFnConfig ?? {})) {
    to.message(5, (entry) => entry.string(1, name).double(2, value));
  }
  return to.varint(6, request.forwardOnly ? 1 : 0).finish();
}

/** @throws SoarError TINKER_PROTOBUF */
export function trainingRequestFromProtobuf(bytes: Uint8Array): TrainingRequest {
  const where = 'ForwardBackwardRequest';
  let modelId = '';
  let seqId = 0;
  let lossFn = '';
  let forwardOnly = false;
  const data: Datum[] = [];
  const lossFnConfig = new Map<string, number>();
  readFields(bytes, where, (field, value) => {
    if (field === 1) modelId = asString(value, `${where}.model_id`);
    else if (field === 2) seqId = asNumber(value, `${where}.seq_id`);
    else if (field === 3) data.push(readDatum(asBytes(value, `${where}.data`), `${where}.data[${data.length}]`));
    else if (field === 4) lossFn = asString(value, `${where}.loss_fn`);
    else if (field === 5) {
      const entry = readMapEntry(value, `${where}.loss_fn_config`);
      lossFnConfig.set(entry.key, asNumber(entry.value ?? 0, `${where}.loss_fn_config.${entry.key}`));
    } else if (field === 6) forwardOnly = asNumber(value, `${where}.forward_only`) !== 0;
  });
  return {
    modelId,
    ...(seqId !== 0 && { seqId }),
    data,
    lossFn,
    ...(lossFnConfig.size > 0 && { lossFnConfig: Object.fromEntries(lossFnConfig) }),
    forwardOnly,
  };
}

function readDatum(bytes: Uint8Array, where: string): Datum {
  const chunks: Int32Array[] = [];
  const inputs = new Map<string, Tensor>();
  readFields(bytes, where, (field, value) => {
    if (field === 1) chunks.push(readChunk(value, `${where}.model_input`));
    else if (field === 2) {
      const { key, value: tensor } = readMapEntry(value, `${where}.loss_fn_inputs`);
      if (tensor === undefined) throw unreadable(`${where}.loss_fn_inputs.${key}`, 'has no tensor');
      inputs.set(key, readTensor(tensor, `${where}.loss_fn_inputs.${key}`));
    }
  });
  const tokens = chunks.length === 1 ? chunks[0]! : Int32Array.from(chunks.flatMap((chunk) => Array.from(chunk)));
  return { tokens, inputs: Object.fromEntries(inputs) };
}

/** Adam's settings as the protocol has them. Which of them a server honours depends on the server. */
export const adamParams = z.object({
  learning_rate: z.number().nonnegative().default(1e-4),
  beta1: z.number().default(0.9),
  beta2: z.number().default(0.95),
  eps: z.number().default(1e-12),
  weight_decay: z.number().default(0),
  /** 0: no clipping. The hosted service has it; SkyRL drops it silently. */
  grad_clip_norm: z.number().optional(),
});

export const optimStepBody = z.object({
  model_id: z.string(),
  adam_params: adamParams,
  seq_id: z.int().positive().nullish(),
});

export const optimStepResult = z.object({ metrics: z.record(z.string(), z.number()).nullish() });
