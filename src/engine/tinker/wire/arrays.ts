/** Arrays of numbers as little-endian bytes, whatever the machine's own order and alignment. */
import { unreadable } from './protobuf.js';

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function int32Bytes(values: Int32Array): Uint8Array {
  return littleEndian ? bytesOf(values) : swapped(bytesOf(values), 4);
}

export function float32Bytes(values: Float32Array): Uint8Array {
  return littleEndian ? bytesOf(values) : swapped(bytesOf(values), 4);
}

/** Of safe integers. */
export function int64Bytes(values: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(values.length * 8);
  const view = new DataView(out.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    view.setInt32(i * 8, value, true);
    view.setInt32(i * 8 + 4, Math.floor(value / 2 ** 32), true);
  }
  return out;
}

/** For JSON. `Array.from` goes through an iterator, which takes several times as long. */
export function numbersOf(values: Int32Array | Float32Array): number[] {
  const numbers = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = values[i] as number;
  return numbers;
}

/** @throws SoarError TINKER_PROTOBUF where the bytes are no whole number of values */
export function int32sOf(bytes: Uint8Array, where: string): Int32Array {
  return new Int32Array(whole(bytes, 4, where));
}

/** @throws SoarError TINKER_PROTOBUF where the bytes are no whole number of values */
export function float32sOf(bytes: Uint8Array, where: string): Float32Array {
  return new Float32Array(whole(bytes, 4, where));
}

/** @throws SoarError TINKER_PROTOBUF where a value does not fit a double exactly */
export function int64sOf(bytes: Uint8Array, where: string): number[] {
  const view = new DataView(whole(bytes, 8, where, false));
  return Array.from({ length: view.byteLength / 8 }, (_, i) => {
    const value = Number(view.getBigInt64(i * 8, true));
    if (!Number.isSafeInteger(value)) throw unreadable(where, `value ${i} is beyond 2^53`);
    return value;
  });
}

/** The upper halves of float32 values: each is one once 16 zero bits are appended. */
export function bfloat16sOf(bytes: Uint8Array, where: string): Float32Array {
  const view = new DataView(whole(bytes, 2, where, false));
  const halves = Uint32Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(i * 2, true) * 65536);
  return new Float32Array(halves.buffer);
}

function bytesOf(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy, so that a small array does not keep a whole message alive and is aligned. */
function whole(bytes: Uint8Array, size: number, where: string, toMachineOrder = true): ArrayBuffer {
  if (bytes.length % size !== 0)
    throw unreadable(where, `${bytes.length} bytes are no whole number of ${size}-byte values`);
  // Not `slice`, which of a Buffer is no copy.
  const copy = new Uint8Array(bytes);
  return (littleEndian || !toMachineOrder ? copy : swapped(copy, size)).buffer as ArrayBuffer;
}

function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i - (i % size) + size - 1 - (i % size)] as number;
  return out;
}
