import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, safetensorsPieces } from './safetensors.js';
import { openSafetensors } from './safetensors-file.js';
import { writePieces } from './write-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const damaged = (message: RegExp) =>
  expect.objectContaining({ code: 'SAFETENSORS_DAMAGED', message: expect.stringMatching(message) });

/** The length field and the header. */
function head(header: unknown): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('openSafetensors', () => {
  it('reads into the middle of an array what decodeSafetensors reads from bytes, of any type and length', async () => {
    // Longer than what is read at once (4 MiB), and not a multiple of it.
    const count = 2_200_001;
    const sizes = { F32: 4 * count, F16: 2 * count, BF16: 2 * count };
    let end = 0;
    const entries = Object.entries(sizes).map(([dtype, size]) => {
      end += size;
      return [dtype, { dtype, shape: [count], data_offsets: [end - size, end] }];
    });
    const start = head(Object.fromEntries(entries));
    const bytes = new Uint8Array(start.length + end);
    bytes.set(start);
    // No exponent of all ones in any of the three types: no infinity, no number that is none.
    for (let i = start.length; i < bytes.length; i++) bytes[i] = (i * 2_654_435_761) >>> 26;
    const path = join(folder, 'types.safetensors');
    await writeFile(path, bytes);
    const expected = decodeSafetensors(bytes, path).tensors;
    const file = await openSafetensors(path);
    expect([...file.tensors.keys()]).toEqual(Object.keys(sizes));
    for (const [name, { shape, read, pieces }] of file.tensors) {
      const array = new Float32Array(count + 7).fill(0.5);
      await read(array.subarray(3, 3 + count));
      const values = expected.get(name)?.data as Float32Array;
      expect(shape).toEqual([count]);
      expect(Buffer.compare(new Uint8Array(array.buffer, 12, 4 * count), new Uint8Array(values.buffer))).toBe(0);
      expect([...array.subarray(0, 3), ...array.subarray(3 + count)]).toEqual(new Array(7).fill(0.5));
      expect(new Set(values.subarray(0, 1000)).size).toBeGreaterThan(10);
      let at = 0;
      for await (const piece of pieces()) {
        const same = values.subarray(at, at + piece.length);
        expect(Buffer.compare(Buffer.from(piece.slice().buffer), Buffer.from(same.slice().buffer))).toBe(0);
        expect(piece.length).toBeLessThanOrEqual(2 ** 21);
        at += piece.length;
      }
      expect(at).toBe(count);
    }
    await file.close();
  });

  it.skipIf(process.platform === 'win32')('reads from files of more than 2 GiB', async () => {
    const numbers = 2 ** 29 + 5;
    const start = head({
      long: { dtype: 'F32', shape: [numbers], data_offsets: [0, 4 * numbers] },
      x: { dtype: 'F32', shape: [2], data_offsets: [4 * numbers, 4 * numbers + 8] },
    });
    const path = join(folder, 'long.safetensors');
    await writeFile(path, start);
    // All but its two ends is a hole, which takes no room on the disk.
    const write = await open(path, 'r+');
    await write.write(new Uint8Array(Float32Array.of(3, -4).buffer), 0, 8, start.length + 4 * numbers);
    await write.close();
    const file = await openSafetensors(path);
    const x = new Float32Array(2);
    await file.tensors.get('x')?.read(x);
    expect([...x]).toEqual([3, -4]);
    await file.close();
    await rm(path);
  });

  it.each<[string, (whole: Uint8Array) => Uint8Array, RegExp]>([
    ['is empty', (whole) => whole.subarray(0, 0), /it has 0 bytes/],
    ['ends in its length field', (whole) => whole.subarray(0, 5), /it has 5 bytes/],
    ['ends in its header', (whole) => whole.subarray(0, 20), /its header claims \d+ of 20 bytes/],
    ['ends in its numbers', (whole) => whole.subarray(0, -1), /tensor x ends at byte 8 of 7/],
  ])('refuses a file that %s', async (name, cut, message) => {
    const path = join(folder, name);
    await writeFile(path, cut(encodeSafetensors([{ name: 'x', shape: [2], data: Float32Array.of(1, 2) }])));
    await expect(openSafetensors(path)).rejects.toEqual(damaged(message));
  });

  it('refuses to go on when the file is cut short under it', async () => {
    const path = join(folder, 'cut');
    const bytes = encodeSafetensors([{ name: 'x', shape: [2], data: Float32Array.of(1, 2) }]);
    await writeFile(path, bytes);
    const file = await openSafetensors(path);
    await truncate(path, bytes.length - 3);
    await expect(file.tensors.get('x')?.read(new Float32Array(2))).rejects.toEqual(damaged(/ended at byte/));
    await file.close();
  });
});

it('writePieces leaves the bytes that encodeSafetensors makes, also of a tensor longer than a piece', async () => {
  const data = Float32Array.from({ length: 2 ** 20 + 2 ** 19 + 1 }, (_, i) => i);
  const tensors = ['a', 'b'].map((name) => ({ name, shape: [data.length], data }));
  const path = join(folder, 'pieces.safetensors');
  await writeFile(path, 'what was there before');
  await writePieces(path, safetensorsPieces(tensors, { format: 'pt' }));
  expect((await readFile(path)).equals(encodeSafetensors(tensors, { format: 'pt' }))).toBe(true);
});
