/**
 * A safetensors file on disk, read tensor by tensor into arrays of the caller's: the file is never in memory as a whole, so that
 * files past 2 GiB can be read. Trusts nothing about the file; what `parseHeader` refuses is refused before any number is read.
 */
import { type FileHandle, open } from 'node:fs/promises';
import {
  bytesOf,
  damaged,
  headerLength,
  headerStart,
  parseHeader,
  type TensorPlace,
  toSingles,
} from './safetensors.js';

export interface StoredTensor {
  readonly shape: readonly number[];
  /** Fills `into`, which has as many numbers as the shape. @throws SoarError SAFETENSORS_DAMAGED */
  read(into: Float32Array): Promise<void>;
  /** The numbers in order, 4 MiB of the file at most at a time, in an array that the next piece overwrites. @throws SoarError SAFETENSORS_DAMAGED */
  pieces(): AsyncIterable<Float32Array>;
}

export interface OpenSafetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/** Bytes read at once; a whole number of numbers of any type. */
const pieceSize = 1 << 22;

/** @throws SoarError SAFETENSORS_DAMAGED, SAFETENSORS_DTYPE; what the operating system refuses comes through as it is */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = headerLength(await bytesAt(file, 0, Math.min(headerStart, size), path), size, path);
    const { places } = parseHeader(await bytesAt(file, headerStart, length, path), size, path);
    const tensors = Array.from(places, ([name, place]): [string, StoredTensor] => [
      name,
      {
        shape: place.shape,
        read: (into) => readTensor(file, place, into, path),
        pieces: () => tensorPieces(file, place, path),
      },
    ]);
    return { tensors: new Map(tensors), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readTensor(file: FileHandle, place: TensorPlace, into: Float32Array, path: string): Promise<void> {
  const step = pieceSize / bytesOf[place.type];
  for (let from = 0; from < place.size; from += step) {
    await readPart(file, place, from, into.subarray(from, Math.min(from + step, place.size)), path);
  }
}

async function* tensorPieces(file: FileHandle, place: TensorPlace, path: string): AsyncGenerator<Float32Array> {
  const step = Math.min(place.size, pieceSize / bytesOf[place.type]);
  const piece = new Float32Array(step);
  for (let from = 0; from < place.size; from += step) {
    const part = piece.subarray(0, Math.min(step, place.size - from));
    await readPart(file, place, from, part, path);
    yield part;
  }
}

/** As many numbers as `into` has, from number `from` of the tensor on. */
async function readPart(
  file: FileHandle,
  { type, offset }: TensorPlace,
  from: number,
  into: Float32Array,
  path: string,
): Promise<void> {
  const width = bytesOf[type];
  toSingles(await bytesAt(file, offset + from * width, into.length * width, path), type, into);
}

async function bytesAt(file: FileHandle, position: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw damaged(path, `it ended at byte ${position + filled} while it was read`);
    filled += bytesRead;
  }
  return bytes;
}
