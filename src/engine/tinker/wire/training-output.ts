/** What `forward_backward` and `forward` answer, in JSON and protobuf. */
import { z } from 'zod';
import { float32Bytes, int64Bytes, int64sOf } from './arrays.js';
import {
  appendNumbers,
  asBytes,
  asNumber,
  asString,
  ProtobufWriter,
  readFields,
  readMapEntry,
  unreadable,
  type WireValue,
} from './protobuf.js';
import { dtypeNumber, type Tensor, tensorJson, tensorToJson, withShape } from './tensor.js';

export interface TrainingOutput {
  readonly outputType: string;
  /** One for each datum, by name: logprobs [N], and on some servers elementwise_loss [N]. */
  readonly outputs: readonly Readonly<Record<string, Tensor>>[];
  /** Named `name:reduction`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Result of `forward_backward` and `forward` in JSON. */
export const trainingOutputJson = z
  .object({
    loss_fn_output_type: z.string(),
    loss_fn_outputs: z.array(z.record(z.string(), tensorJson)),
    metrics: z.record(z.string(), z.number()).nullish(),
  })
  .transform(
    ({ loss_fn_output_type, loss_fn_outputs, metrics }): TrainingOutput => ({
      outputType: loss_fn_output_type,
      outputs: loss_fn_outputs,
      metrics: metrics ?? {},
    }),
  );

export function trainingOutputToJson(output: TrainingOutput): z.input<typeof trainingOutputJson> {
  return {
    loss_fn_output_type: output.outputType,
    loss_fn_outputs: output.outputs.map((datum) =>
      Object.fromEntries(Object.entries(datum).map(([name, tensor]) => [name, tensorToJson(tensor)])),
    ),
    metrics: { ...output.metrics },
  };
}

/**
 * message ForwardBackwardOutput { loss_fn_output_type = 1; ArrayRecord loss_fn_outputs = 2; map<string, double> metrics = 3 },
 * ArrayRecord { type_tag = 1; map<string, BatchedTensor> fields = 2; num_datums = 3 },
 * BatchedTensor { bytes data = 1; bytes offsets = 2 (int64, n + 1); DType dtype = 3; trailing_shape = 4 }: a field of all datums in one.
 * All datums must have the same fields. @throws SoarError TINKER_PROTOBUF otherwise
 */
export function trainingOutputToProtobuf({ outputType, outputs, metrics }: TrainingOutput): Uint8Array {
  const to = new ProtobufWriter();
  to.string(1, outputType);
  if (outputs.length > 0) {
    to.message(2, (record) => {
      for (const name of Object.keys(outputs[0]!)) {
        const tensors = outputs.map((datum) => datum[name]);
        record.message(2, (entry) => entry.string(1, name).message(2, (value) => writeBatched(value, tensors, name)));
      }
      record.varint(3, outputs.length);
    });
  }
  for (const [name, value] of Object.entries(metrics)) to.message(3, (entry) => entry.string(1, name).double(2, value));
  return to.finish();
}

function writeBatched(to: ProtobufWriter, tensors: readonly (Tensor | undefined)[], name: string): void {
  const first = tensors[0];
  const trailing = (tensor: Tensor | undefined) => (tensor?.shape ?? []).slice(1);
  const offsets = [0];
  const parts = tensors.map((tensor) => {
    if (!first || tensor?.dtype !== first.dtype || String(trailing(tensor)) !== String(trailing(first))) {
      throw unreadable(`ForwardBackwardOutput.${name}`, 'differs in presence, dtype or trailing shape between datums');
    }
    const bytes = tensor.dtype === 'float32' ? float32Bytes(tensor.data) : int64Bytes(tensor.data);
    offsets.push(offsets.at(-1)! + bytes.length);
    return bytes;
  });
  to.bytes(1, Buffer.concat(parts)).bytes(2, int64Bytes(offsets));
  to.varint(3, dtypeNumber(first!.dtype)).packed(4, trailing(first));
}

/** @throws SoarError TINKER_PROTOBUF */
export function trainingOutputFromProtobuf(bytes: Uint8Array): TrainingOutput {
  const where = 'ForwardBackwardOutput';
  let outputType = '';
  const outputs: Record<string, Tensor>[] = [];
  const metrics = new Map<string, number>();
  readFields(bytes, where, (field, value) => {
    if (field === 1) outputType = asString(value, `${where}.loss_fn_output_type`);
    else if (field === 2) outputs.push(...readRecord(value, `${where}.loss_fn_outputs`));
    else if (field === 3) {
      const entry = readMapEntry(value, `${where}.metrics`);
      metrics.set(entry.key, asNumber(entry.value ?? 0, `${where}.metrics.${entry.key}`));
    }
  });
  return { outputType, outputs, metrics: Object.fromEntries(metrics) };
}

/** One datum after the other: slices of the batched fields. */
function readRecord(from: WireValue, where: string): Record<string, Tensor>[] {
  let count = 0;
  const fields: [name: string, slices: Tensor[]][] = [];
  readFields(asBytes(from, where), where, (field, value) => {
    if (field === 3) count = asNumber(value, `${where}.num_datums`);
    if (field !== 2) return;
    const { key, value: batched } = readMapEntry(value, `${where}.fields`);
    if (batched === undefined) throw unreadable(`${where}.${key}`, 'has no tensor');
    fields.push([key, readBatched(batched, `${where}.${key}`)]);
  });
  for (const [name, { length }] of fields) {
    if (length !== count) throw unreadable(`${where}.${name}`, `has ${length} slices for ${count} datums`);
  }
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(fields.map(([name, slices]) => [name, slices[i] as Tensor])),
  );
}

function readBatched(from: WireValue, where: string): Tensor[] {
  let data = new Uint8Array(0);
  let offsets: number[] = [];
  let dtype = 0;
  const trailing: number[] = [];
  readFields(asBytes(from, where), where, (field, value) => {
    if (field === 1) data = asBytes(value, where) as Uint8Array<ArrayBuffer>;
    else if (field === 2) offsets = int64sOf(asBytes(value, where), where);
    else if (field === 3) dtype = asNumber(value, where);
    else if (field === 4) appendNumbers(value, where, trailing);
  });
  return offsets.slice(1).map((end, i) => {
    const start = offsets[i] as number;
    if (start < 0 || end < start || end > data.length) throw unreadable(where, `slice ${i} lies outside the data`);
    const slice = withShape(dtype, data.subarray(start, end), [], where);
    const row = trailing.reduce((product, side) => product * side, 1);
    return trailing.length === 0 ? slice : { ...slice, shape: [slice.data.length / row, ...trailing] };
  });
}
