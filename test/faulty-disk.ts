/** A disk that fails at a chosen operation: by a kill (nothing works from then on) or as a full one (writes fail until freed). */
import { open } from 'node:fs/promises';
import { type AppendFile, type Disk, diskError, nodeDisk } from '../src/run/disk.js';

export class Killed extends Error {}

/** The world stops at operation `at` (from 0); of a write or append, `share` of the bytes still arrive. */
export function killedDisk(at: number, share = 0): { disk: Disk; operations: () => number } {
  let count = 0;
  const step = async <T>(act: () => Promise<T>, partly?: () => Promise<unknown>): Promise<T> => {
    const n = count++;
    if (n < at) return act();
    if (n === at) await partly?.();
    throw new Killed(`killed at operation ${n}`);
  };
  const part = (bytes: Uint8Array | string) => {
    const all = Buffer.from(bytes as string);
    return all.subarray(0, Math.floor(all.length * share));
  };
  const disk: Disk = {
    makeFolder: (path) => step(() => nodeDisk.makeFolder(path)),
    write: (path, bytes) =>
      step(
        () => nodeDisk.write(path, bytes),
        () => nodeDisk.write(path, part(bytes)),
      ),
    syncFolder: (path) => step(() => nodeDisk.syncFolder(path)),
    rename: (from, to) => step(() => nodeDisk.rename(from, to)),
    remove: (path) => step(() => nodeDisk.remove(path)),
    // Reading changes nothing and is no place to be killed at.
    read: nodeDisk.read,
    list: nodeDisk.list,
    openAppend: (path) =>
      step(async () => {
        const file = await nodeDisk.openAppend(path);
        const wrapped: AppendFile = {
          append: (bytes) =>
            step(
              () => file.append(bytes),
              () => file.append(part(bytes)),
            ),
          truncate: (length) => step(() => file.truncate(length)),
          close: () => file.close(),
        };
        return wrapped;
      }),
  };
  return { disk, operations: () => count };
}

/** Every write fails with ENOSPC, as the operating system reports it, once `budget` bytes were written. */
export function fullDisk(budget: number): Disk {
  let left = budget;
  const take = async (path: string, bytes: Uint8Array | string, write: (part: Buffer) => Promise<void>) => {
    const all = Buffer.from(bytes as string);
    const fits = all.subarray(0, Math.max(0, left));
    left -= all.length;
    await write(fits);
    if (fits.length < all.length) throw diskError(path, await realFullDiskError());
  };
  return {
    ...nodeDisk,
    write: (path, bytes) => take(path, bytes, (part) => nodeDisk.write(path, part)),
    async openAppend(path) {
      const file = await nodeDisk.openAppend(path);
      return { ...file, append: (bytes) => take(path, bytes, (part) => file.append(part)) };
    },
  };
}

/** ENOSPC from the kernel where it offers a full device, else the same error made by hand. */
async function realFullDiskError(): Promise<unknown> {
  try {
    const full = await open('/dev/full', 'w');
    try {
      await full.writeFile('x');
    } finally {
      await full.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return error;
  }
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}
