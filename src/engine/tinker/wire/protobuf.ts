/**
 * The little of Protocol Buffers (proto3) that the protocol's three messages need: varints, doubles, strings, bytes, nested messages
 * and maps, in both directions. Fields that are not known are skipped, as the format demands.
 *
 * Large byte fields are never copied while writing, only once at the end; read ones are views of the message that they came in.
 */
import { SoarError } from '../../../errors.js';

/** A value as it lies in a message: a varint, a double, or bytes (string, nested message, packed numbers). */
export type WireValue = number | Uint8Array;

const varintType = 0;
const fixed64Type = 1;
const lengthType = 2;
const fixed32Type = 5;

/** What cannot be read. `where` names the message and the field. */
export function unreadable(where: string, what: string): SoarError {
  return new SoarError('TINKER_PROTOBUF', `${where}: ${what}`, {
    kind: 'environment',
    remedy: 'the peer speaks another version of the protocol, or the message was cut; use JSON (`form: json`) instead',
  });
}

export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** proto3: a zero is the absence of the field, unless it is `optional` and `always` is said. */
  varint(field: number, value: number, always = false): this {
    if (value === 0 && !always) return this;
    return this.tag(field, varintType).push(encodeVarint(value));
  }

  /** Written even when zero: only map entries use it, where zero is a value. */
  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.tag(field, fixed64Type).push(bytes);
  }

  string(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, new TextEncoder().encode(value));
  }

  /** Written even when empty, since the messages' byte fields are optional or in a oneof. */
  bytes(field: number, value: Uint8Array): this {
    return this.tag(field, lengthType).push(encodeVarint(value.length)).push(value);
  }

  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    this.tag(field, lengthType).push(encodeVarint(inner.length));
    for (const part of inner.parts) this.push(part);
    return this;
  }

  packed(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const inner = new ProtobufWriter();
    for (const value of values) inner.push(encodeVarint(value));
    return this.bytes(field, inner.finish());
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  private tag(field: number, type: number): this {
    return this.push(encodeVarint(field * 8 + type));
  }

  private push(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }
}

/** Negative numbers take ten bytes, in two's complement of 64 bits. */
function encodeVarint(value: number): Uint8Array {
  let rest = value < 0 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value);
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/**
 * Hands every field of a message to `take`, in order.
 * @throws SoarError TINKER_PROTOBUF for a message that ends early or has a field of a type that proto3 does not know
 */
export function readFields(message: Uint8Array, where: string, take: (field: number, value: WireValue) => void): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const cursor = { at: 0 };
  const skip = (bytes: number): number => {
    const end = cursor.at + bytes;
    if (bytes < 0 || end > message.length) throw unreadable(where, `ends ${end - message.length} bytes early`);
    cursor.at = end;
    return end - bytes;
  };

  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor, where);
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === varintType) take(field, readVarint(message, cursor, where));
    else if (type === fixed64Type) take(field, view.getFloat64(skip(8), true));
    else if (type === fixed32Type) take(field, view.getFloat32(skip(4), true));
    else if (type === lengthType) {
      const length = readVarint(message, cursor, where);
      const start = skip(length);
      take(field, message.subarray(start, start + length));
    } else throw unreadable(where, `field ${field} has the unknown wire type ${type}`);
  }
}

function readVarint(bytes: Uint8Array, cursor: { at: number }, where: string): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (cursor.at >= bytes.length) throw unreadable(where, 'ends within a number');
    const byte = bytes[cursor.at++] as number;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(BigInt.asIntN(64, value));
  }
  throw unreadable(where, 'has a number of more than ten bytes');
}

/** A field's value as a number. @throws SoarError TINKER_PROTOBUF */
export function asNumber(value: WireValue, where: string): number {
  if (typeof value === 'number') return value;
  throw unreadable(where, 'should be a number and is bytes');
}

/** A field's value as bytes. @throws SoarError TINKER_PROTOBUF */
export function asBytes(value: WireValue, where: string): Uint8Array {
  if (typeof value !== 'number') return value;
  throw unreadable(where, 'should be bytes and is a number');
}

export function asString(value: WireValue, where: string): string {
  return new TextDecoder().decode(asBytes(value, where));
}

/** A repeated number, packed or not: appends to `into`. */
export function appendNumbers(value: WireValue, where: string, into: number[]): void {
  if (typeof value === 'number') into.push(value);
  else for (const cursor = { at: 0 }; cursor.at < value.length; ) into.push(readVarint(value, cursor, where));
}

/** An entry of a map with string keys. */
export function readMapEntry(value: WireValue, where: string): { key: string; value: WireValue | undefined } {
  let key = '';
  let found: WireValue | undefined;
  readFields(asBytes(value, where), where, (field, inner) => {
    if (field === 1) key = asString(inner, where);
    else if (field === 2) found = inner;
  });
  return { key, value: found };
}
