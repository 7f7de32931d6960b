/**
 * The safetensors format (https://github.com/huggingface/safetensors): an 8-byte header length, a JSON header, raw little-endian
 * numbers. Reads F32, F16 and BF16 into single precision, writes F32. Trusts nothing about a file: sizes, offsets and shapes are
 * checked against one another before a number is read. Pure; `safetensors-file.ts` reads from disk, `write-file.ts` writes to it.
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

export const bytesOf = { F32: 4, F16: 2, BF16: 2 } as const;
export type NumberType = keyof typeof bytesOf;

/** Where a tensor lies in a file, and as what. */
export interface TensorPlace {
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Numbers in it. */
  readonly size: number;
  /** In bytes from the start of the file. */
  readonly offset: number;
}

/** Bytes before the header: its length. */
export const headerStart = 8;

/** The format's own limit, so that a damaged length does not fill the memory. */
const longestHeader = 100_000_000;

const headerEntry = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Bytes of one piece of a file: few enough for any system call. */
const pieceSize = 1 << 22;

/** A file with the tensors in the given order, piece after piece, none larger than 4 MiB. The same input gives the same bytes. */
export function* safetensorsPieces(
  tensors: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  yield fileHead(tensors, metadata);
  for (const { data } of tensors) {
    for (let from = 0; from < data.byteLength; from += pieceSize) {
      yield new Uint8Array(data.buffer, data.byteOffset + from, Math.min(pieceSize, data.byteLength - from));
    }
  }
}

/** The pieces as one array. */
export function encodeSafetensors(
  tensors: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const pieces = [...safetensorsPieces(tensors, metadata)];
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The length field and the header, padded so that the numbers start at a multiple of 8. */
function fileHead(tensors: readonly TensorEntry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(headerStart + 8 * Math.ceil(json.length / 8)).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - headerStart), true);
  bytes.set(json, headerStart);
  return bytes;
}

/**
 * @param where the file, for messages
 * @throws SoarError SAFETENSORS_DAMAGED, SAFETENSORS_DTYPE
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): SafetensorsFile {
  const length = headerLength(bytes.subarray(0, headerStart), bytes.length, where);
  const { places, metadata } = parseHeader(bytes.subarray(headerStart, headerStart + length), bytes.length, where);
  const tensors = new Map<string, TensorEntry>();
  for (const [name, { shape, type, size, offset }] of places) {
    const data = new Float32Array(size);
    toSingles(bytes.subarray(offset, offset + size * bytesOf[type]), type, data);
    tensors.set(name, { name, shape, data });
  }
  return { tensors, metadata };
}

/**
 * Bytes of the header.
 * @param start the first 8 bytes of the file, or all it has
 * @throws SoarError SAFETENSORS_DAMAGED
 */
export function headerLength(start: Uint8Array, fileSize: number, where: string): number {
  if (start.length < headerStart) throw damaged(where, `it has ${start.length} bytes`);
  const length = Number(new DataView(start.buffer, start.byteOffset, headerStart).getBigUint64(0, true));
  if (length > Math.min(fileSize - headerStart, longestHeader)) {
    throw damaged(where, `its header claims ${length} of ${fileSize} bytes`);
  }
  return length;
}

/**
 * The places of all tensors in the order of the file. Together with the header they fill it exactly.
 * @throws SoarError SAFETENSORS_DAMAGED, SAFETENSORS_DTYPE
 */
export function parseHeader(
  header: Uint8Array,
  fileSize: number,
  where: string,
): { readonly places: ReadonlyMap<string, TensorPlace>; readonly metadata: Readonly<Record<string, string>> } {
  const { tensors, metadata } = headerJson(new TextDecoder().decode(header), where);
  const start = headerStart + header.length;
  const bodySize = fileSize - start;
  const places = new Map<string, TensorPlace>();
  let end = 0;
  const inOrder = Object.entries(tensors).sort(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  );
  for (const [name, { dtype, shape, data_offsets }] of inOrder) {
    const [from, to] = data_offsets;
    if (!(dtype in bytesOf)) {
      throw new SoarError('SAFETENSORS_DTYPE', `tensor ${name} is of type ${dtype}`, {
        where,
        remedy: `convert it: ${Object.keys(bytesOf).join(', ')} can be read`,
      });
    }
    const type = dtype as NumberType;
    const size = shape.reduce((a, b) => a * b, 1);
    const needed = size * bytesOf[type];
    if (from !== end) throw damaged(where, `tensor ${name} starts at byte ${from} where ${end} was expected`);
    if (to - from !== needed) {
      throw damaged(where, `tensor ${name} has ${to - from} bytes, its shape [${shape}] of ${type} needs ${needed}`);
    }
    if (to > bodySize) throw damaged(where, `tensor ${name} ends at byte ${to} of ${bodySize}`);
    places.set(name, { shape, type, size, offset: start + from });
    end = to;
  }
  if (end !== bodySize) throw damaged(where, `${bodySize - end} bytes belong to no tensor`);
  return { places, metadata };
}

function headerJson(text: string, where: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged(where, `its header is not JSON (${(cause as Error).message})`);
  }
  const { __metadata__: metadata = {}, ...tensors } = (json ?? {}) as Record<string, unknown>;
  const parsed = z.record(z.string(), headerEntry).safeParse(tensors);
  if (!parsed.success)
    throw damaged(where, `its header has a wrong entry at ${parsed.error.issues[0]?.path.join('.')}`);
  const facts = z.record(z.string(), z.string()).safeParse(metadata);
  if (!facts.success) throw damaged(where, 'its __metadata__ holds something else than texts');
  return { tensors: parsed.data, metadata: facts.data };
}

/** @param into as many numbers as `bytes` holds */
export function toSingles(bytes: Uint8Array, type: NumberType, into: Float32Array): void {
  if (type === 'F32') {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytes);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === 'BF16') {
    // The upper half of a single: shifting restores it exactly.
    const words = new Uint32Array(into.buffer, into.byteOffset, into.length);
    for (let i = 0; i < words.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
  } else for (let i = 0; i < into.length; i++) into[i] = half(view.getUint16(2 * i, true));
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

export const damaged = (where: string, what: string): SoarError =>
  new SoarError('SAFETENSORS_DAMAGED', `not a whole safetensors file: ${what}`, {
    where,
    remedy: 'copy or download the file again',
  });
