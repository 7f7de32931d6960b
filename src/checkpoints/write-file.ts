/**
 * A file written piece by piece, on the disk when it is done: what is written is never in memory as a whole, so that files past
 * 2 GiB can be written. Not whole until then: callers write aside and rename.
 */
import { open } from 'node:fs/promises';

/** What the operating system refuses comes through as it is. */
export async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of pieces) await file.appendFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}
