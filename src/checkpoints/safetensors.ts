/**
 * The safetensors format (https://github.com/huggingface/safetensors): an 8-byte header length, a JSON header, raw little-endian
 * numbers. Reads F32, F16 and BF16 into single precision, writes F32. Trusts nothing about a file: sizes, offsets and shapes are
 * checked against one another before a number is read.
 */
import { z } from 'zod';
import { SoarError } from '../errors.js';

export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

const bytesOf = { F32: 4, F16: 2, BF16: 2 } as const;
type NumberType = keyof typeof bytesOf;

const headerEntry = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Bytes of a file with the tensors in the given order. The same input gives the same bytes. */
export function encodeSafetensors(
  tensors: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + ' '.repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8));
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * @param where the file, for messages
 * @throws SoarError SAFETENSORS_DAMAGED, SAFETENSORS_DTYPE
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): SafetensorsFile {
  const damaged = (what: string) =>
    new SoarError('SAFETENSORS_DAMAGED', `not a whole safetensors file: ${what}`, {
      where,
      remedy: 'copy or download the file again',
    });
  if (bytes.length < 8) throw damaged(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8) throw damaged(`its header claims ${headerLength} of ${bytes.length} bytes`);
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)), damaged);
  const body = bytes.subarray(8 + headerLength);

  const tensors = new Map<string, TensorEntry>();
  let end = 0;
  const inOrder = Object.entries(header.tensors).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of inOrder) {
    if (!(dtype in bytesOf)) {
      throw new SoarError('SAFETENSORS_DTYPE', `tensor ${name} is of type ${dtype}`, {
        where,
        remedy: `convert it: ${Object.keys(bytesOf).join(', ')} can be read`,
      });
    }
    const type = dtype as NumberType;
    const count = shape.reduce((a, b) => a * b, 1);
    if (from !== end) throw damaged(`tensor ${name} starts at byte ${from} where ${end} was expected`);
    if (to - from !== count * bytesOf[type]) {
      throw damaged(
        `tensor ${name} has ${to - from} bytes, its shape [${shape}] of ${type} needs ${count * bytesOf[type]}`,
      );
    }
    if (to > body.length) throw damaged(`tensor ${name} ends at byte ${to} of ${body.length}`);
    tensors.set(name, { name, shape, data: numbers(body.subarray(from, to), type, count) });
    end = to;
  }
  if (end !== body.length) throw damaged(`${body.length - end} bytes belong to no tensor`);
  return { tensors, metadata: header.metadata };
}

function parseHeader(text: string, damaged: (what: string) => SoarError) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged(`its header is not JSON (${(cause as Error).message})`);
  }
  const { __metadata__: metadata = {}, ...tensors } = (json ?? {}) as Record<string, unknown>;
  const parsed = z.record(z.string(), headerEntry).safeParse(tensors);
  if (!parsed.success) throw damaged(`its header has a wrong entry at ${parsed.error.issues[0]?.path.join('.')}`);
  const facts = z.record(z.string(), z.string()).safeParse(metadata);
  if (!facts.success) throw damaged('its __metadata__ holds something else than texts');
  return { tensors: parsed.data, metadata: facts.data };
}

function numbers(bytes: Uint8Array, type: NumberType, count: number): Float32Array {
  const out = new Float32Array(count);
  if (type === 'F32') {
    new Uint8Array(out.buffer).set(bytes);
    return out;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'BF16') {
    // The upper half of a single: shifting restores it exactly.
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < count; i++) words[i] = view.getUint16(2 * i, true) << 16;
  } else for (let i = 0; i < count; i++) out[i] = half(view.getUint16(2 * i, true));
  return out;
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
