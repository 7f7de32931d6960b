import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, parseHeader, safetensorsPieces } from './safetensors.js';

/** A file from its header and body, whatever they say. */
function file(header: unknown, body: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const pair = { name: 'x', shape: [2], data: Float32Array.of(1, 2) };

it('a file of more than 4 GiB comes in small pieces, none of which is copied', () => {
  // Many tensors that share their numbers.
  const data = new Float32Array(2 ** 24 + 3);
  const tensors = Array.from({ length: 65 }, (_, i) => ({ name: `t${i}`, shape: [data.length], data }));
  const [head, ...pieces] = safetensorsPieces(tensors);
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  expect(total).toBe(65 * 4 * (2 ** 24 + 3));
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(2 ** 22);
  expect(pieces.every(({ buffer }) => buffer === data.buffer)).toBe(true);
  const { places } = parseHeader((head as Uint8Array).subarray(8), (head as Uint8Array).length + total, 'test');
  expect(places.get('t64')).toEqual({
    shape: [data.length],
    type: 'F32',
    size: data.length,
    offset: (head as Uint8Array).length + 64 * 4 * (2 ** 24 + 3),
  });
});

describe('encodeSafetensors and decodeSafetensors', () => {
  it('are inverse for any names, shapes and numbers, bit by bit', () => {
    const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const data = fc.float32Array({ minLength: length, maxLength: length });
      return fc.record({ shape: fc.constant(shape), data });
    });
    const name = fc.string().filter((text) => text !== '__metadata__' && text !== '__proto__');
    const metadata = fc.dictionary(name, fc.string());
    const tensors = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 });
    fc.assert(
      fc.property(tensors, metadata, (entries, facts) => {
        const bytes = encodeSafetensors(
          entries.map(([key, value]) => ({ name: key, ...value })),
          facts,
        );
        const read = decodeSafetensors(bytes, 'test');
        expect(read.metadata).toEqual({ ...facts });
        expect(read.tensors.size).toBe(entries.length);
        for (const [key, { shape, data }] of entries) {
          const found = read.tensors.get(key);
          expect(found?.shape).toEqual(shape);
          const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
          expect(bits(found?.data ?? new Float32Array(0))).toEqual(bits(data));
        }
      }),
      { seed: 5 },
    );
  });

  it('write the layout of the format: length, JSON padded to 8 bytes, numbers in order', () => {
    const bytes = encodeSafetensors([pair, { name: 'y', shape: [], data: Float32Array.of(-1) }], { format: 'pt' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { format: 'pt' },
      x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      y: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
    });
    // 1, 2, -1 as singles, little-endian.
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 128, 191]);
  });

  it('read half precision by its bit patterns', () => {
    const patterns: [number, number][] = [
      [0x0000, 0],
      [0x8000, -0],
      [0x3c00, 1],
      [0xc000, -2],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      // The largest and the least of the numbers below 2^-14.
      [0x03ff, 2 ** -14 - 2 ** -24],
      [0x0001, 2 ** -24],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x7e00, Number.NaN],
    ];
    const header = { h: { dtype: 'F16', shape: [12], data_offsets: [0, 24] } };
    const { tensors } = decodeSafetensors(file(header, words(...patterns.map(([bits]) => bits))), 'test');
    expect([...(tensors.get('h')?.data ?? [])]).toEqual(patterns.map(([, value]) => value));
  });

  it('read bfloat16 by its bit patterns', () => {
    const patterns: [number, number][] = [
      [0x3f80, 1],
      [0xc000, -2],
      [0x4049, 3.140625],
      [0x0080, 2 ** -126],
      [0x0001, 2 ** -133],
      [0xff80, Number.NEGATIVE_INFINITY],
    ];
    const header = { b: { dtype: 'BF16', shape: [2, 3], data_offsets: [0, 12] } };
    const { tensors } = decodeSafetensors(file(header, words(...patterns.map(([bits]) => bits))), 'test');
    expect([...(tensors.get('b')?.data ?? [])]).toEqual(patterns.map(([, value]) => value));
  });

  it('read from the middle of a larger buffer, at any alignment', () => {
    const bytes = encodeSafetensors([pair]);
    for (const shift of [1, 2, 3]) {
      const larger = new Uint8Array(bytes.length + 8);
      larger.set(bytes, shift);
      const { tensors } = decodeSafetensors(larger.subarray(shift, shift + bytes.length), 'test');
      expect([...(tensors.get('x')?.data ?? [])]).toEqual([1, 2]);
    }
  });

  const whole = encodeSafetensors([pair]);
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const eight = new Uint8Array(8);
  const hole = { ...entry, data_offsets: [16, 24] };
  it.each<[string, Uint8Array, RegExp]>([
    ['is shorter than its length field', whole.subarray(0, 7), /it has 7 bytes/],
    ['is empty', whole.subarray(0, 0), /it has 0 bytes/],
    ['ends in the header', whole.subarray(0, 20), /its header claims \d+ of 20 bytes/],
    ['ends in the numbers', whole.subarray(0, -1), /tensor x ends at byte 8 of 7/],
    ['goes on after the last tensor', Uint8Array.of(...whole, 0), /1 bytes belong to no tensor/],
    ['claims an absurd header', Uint8Array.of(...new Array(8).fill(255), 0), /its header claims/],
    ['has a header that is no JSON', file('{"x": ', eight), /its header is not JSON/],
    ['has a header that is no object', file('[1]', eight), /its header has a wrong entry/],
    ['has a null header', file('null', eight), /8 bytes belong to no tensor/],
    ['has a tensor without a shape', file({ x: { ...entry, shape: undefined } }, eight), /wrong entry at x\.shape/],
    ['has a negative dimension', file({ x: { ...entry, shape: [-2] } }, eight), /wrong entry at x\.shape/],
    ['has a shape that does not fit its bytes', file({ x: { ...entry, shape: [3] } }, eight), /\[3\] of F32 needs 12/],
    ['has offsets the wrong way round', file({ x: { ...entry, data_offsets: [8, 0] } }, eight), /starts at byte 8/],
    ['has a hole', file({ x: entry, y: hole }, new Uint8Array(24)), /tensor y starts at byte 16 where 8 was expected/],
    ['has two tensors in one place', file({ x: entry, y: entry }, eight), /starts at byte 0 where 8 was expected/],
    ['has metadata that are no texts', file({ __metadata__: { a: 1 }, x: entry }, eight), /__metadata__/],
  ])('refuse a file that %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'a/file')).toThrow(
      expect.objectContaining({
        code: 'SAFETENSORS_DAMAGED',
        where: 'a/file',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('refuse a type of number that they cannot read', () => {
    expect(() => decodeSafetensors(file({ x: { ...entry, dtype: 'I64', shape: [1] } }, eight), 'a/file')).toThrow(
      expect.objectContaining({ code: 'SAFETENSORS_DTYPE', where: 'a/file', message: 'tensor x is of type I64' }),
    );
  });
});
