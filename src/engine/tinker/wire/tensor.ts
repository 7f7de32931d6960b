/** A tensor of a training request or answer, in memory, as JSON and as protobuf. Sparse tensors are refused: nothing here needs them. */
import { z } from 'zod';
import { SoarError } from '../../../errors.js';
import { bfloat16sOf, float32Bytes, float32sOf, int32sOf, int64Bytes, int64sOf, numbersOf } from './arrays.js';
import {
  appendNumbers,
  asBytes,
  asNumber,
  type ProtobufWriter,
  readFields,
  unreadable,
  type WireValue,
} from './protobuf.js';

/**
 * Values in row-major order. Without a shape a tensor is a vector. Integers are `int64` on the wire and must fit 32 bits here: they
 * are token ids.
 */
export type Tensor =
  | { readonly dtype: 'float32'; readonly data: Float32Array; readonly shape?: readonly number[] }
  | { readonly dtype: 'int64'; readonly data: Int32Array; readonly shape?: readonly number[] };

/** enum DType */
const dtypes = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const;

/** JSON arrays of numbers, checked without the cost of a schema per element. */
const numbers = z.custom<number[]>((value) => Array.isArray(value) && value.every((item) => typeof item === 'number'), {
  error: 'expected an array of numbers',
});

export const tensorJson = z
  .object({
    data: numbers,
    dtype: z.enum(['int64', 'float32']).nullish(),
    shape: z.array(z.int().nonnegative()).nullish(),
  })
  .transform(({ data, dtype, shape }, context): Tensor => {
    // Servers that read only `data` get along without a dtype: integers throughout are token ids.
    const integers = dtype !== 'float32' && data.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31);
    if (dtype === 'int64' && !integers) {
      context.addIssue({ code: 'custom', message: 'expected integers of at most 32 bits', path: ['data'] });
    }
    const size = shape?.reduce((product, side) => product * side, 1) ?? data.length;
    if (size !== data.length) {
      context.addIssue({ code: 'custom', message: `shape holds ${size} values, data ${data.length}`, path: ['shape'] });
    }
    const sides = shape ? { shape } : {};
    return (dtype ?? (integers ? 'int64' : 'float32')) === 'int64'
      ? { dtype: 'int64', data: new Int32Array(data), ...sides }
      : { dtype: 'float32', data: new Float32Array(data), ...sides };
  });

export type TensorJson = z.input<typeof tensorJson>;

/** @throws SoarError TINKER_NOT_FINITE: JSON has no form for NaN and infinities, and no server means well with them */
export function tensorToJson({ dtype, data, shape }: Tensor): TensorJson {
  checkFinite(data);
  return { data: numbersOf(data), dtype, shape: [...(shape ?? [data.length])] };
}

/** message Tensor { oneof { bytes dense = 1; SparseCsr sparse_csr = 2 } DType dtype = 3; repeated int64 shape = 4 } */
export function writeTensor(to: ProtobufWriter, { dtype, data, shape }: Tensor): void {
  checkFinite(data);
  to.bytes(1, dtype === 'float32' ? float32Bytes(data) : int64Bytes(data));
  to.varint(3, dtypes[dtype]);
  to.packed(4, shape ?? [data.length]);
}

export function readTensor(from: WireValue, where: string): Tensor {
  let dense: Uint8Array | undefined;
  let dtype = 0;
  const shape: number[] = [];
  readFields(asBytes(from, where), where, (field, value) => {
    if (field === 1) dense = asBytes(value, where);
    else if (field === 2) throw unreadable(where, 'is a sparse tensor');
    else if (field === 3) dtype = asNumber(value, where);
    else if (field === 4) appendNumbers(value, where, shape);
  });
  if (!dense) throw unreadable(where, 'has no data');
  return withShape(dtype, dense, shape, where);
}

/** A tensor from its bytes; an empty shape stands for a vector. */
export function withShape(dtype: number, bytes: Uint8Array, shape: readonly number[], where: string): Tensor {
  const tensor = decode(dtype, bytes, where);
  const sides = shape.length === 0 ? [tensor.data.length] : shape;
  const size = sides.reduce((product, side) => product * side, 1);
  if (size !== tensor.data.length) throw unreadable(where, `shape holds ${size} values, data ${tensor.data.length}`);
  return { ...tensor, shape: [...sides] };
}

export function dtypeNumber(dtype: Tensor['dtype']): number {
  return dtypes[dtype];
}

function decode(dtype: number, bytes: Uint8Array, where: string): Tensor {
  if (dtype === dtypes.float32) return { dtype: 'float32', data: float32sOf(bytes, where) };
  if (dtype === dtypes.bfloat16) return { dtype: 'float32', data: bfloat16sOf(bytes, where) };
  if (dtype === dtypes.int32) return { dtype: 'int64', data: int32sOf(bytes, where) };
  if (dtype === dtypes.int64) {
    const wide = int64sOf(bytes, where);
    const bad = wide.findIndex((value) => Math.abs(value) >= 2 ** 31);
    if (bad >= 0) throw unreadable(where, `value ${bad} (${wide[bad]}) is no token id`);
    return { dtype: 'int64', data: Int32Array.from(wide) };
  }
  throw unreadable(where, `has the unknown dtype ${dtype}`);
}

/** @throws SoarError TINKER_NOT_FINITE */
function checkFinite(data: Int32Array | Float32Array): void {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) throw notFinite(data[i] as number, i);
}

function notFinite(value: number, index: number): SoarError {
  return new SoarError('TINKER_NOT_FINITE', `value ${index} of a tensor is ${value}`, {
    remedy: 'check log-probabilities and advantages before training on them',
  });
}
