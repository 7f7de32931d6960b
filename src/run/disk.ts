/**
 * The few file operations that a run's durability rests on, as a port: each is one step that either happened or did not,
 * so that a test can stop the world between any two, and a full disk reads the same wherever it is met.
 * Knows nothing of what the bytes mean.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { SoarError } from '../errors.js';

export interface Disk {
  makeFolder(path: string): Promise<void>;
  /** Creates or replaces the file; its bytes are on the disk when this resolves (its name is not: see `syncFolder`). */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Makes creations, renames and removals within the folder durable. */
  syncFolder(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all in it; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** undefined when there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** Names in the folder, sorted; none when it does not exist. */
  list(path: string): Promise<string[]>;
  openAppend(path: string): Promise<AppendFile>;
}

/** A file that only grows. */
export interface AppendFile {
  /** On the disk when it resolves. */
  append(bytes: Uint8Array | string): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export const nodeDisk: Disk = {
  makeFolder: (path) =>
    guarded(path, async () => {
      await mkdir(path, { recursive: true }).catch((error) => {
        throw placeError(path, error);
      });
    }),
  write: (path, bytes) =>
    guarded(path, async () => {
      const file = await open(path, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    }),
  syncFolder: (path) =>
    guarded(path, async () => {
      // Windows cannot open a folder; its renames are durable by the journal of the file system.
      if (process.platform === 'win32') return;
      const folder = await open(path, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }),
  rename: (from, to) => guarded(to, () => rename(from, to)),
  remove: (path) => guarded(path, () => rm(path, { recursive: true, force: true })),
  read: (path) => guarded(path, () => orNothing(readFile(path))),
  list: (path) => guarded(path, async () => ((await orNothing(readdir(path))) ?? []).sort()),
  openAppend: (path) => guarded(path, async () => appendFile(path, await open(path, 'a'))),
};

function appendFile(path: string, file: FileHandle): AppendFile {
  return {
    append: (bytes) =>
      guarded(path, async () => {
        await file.appendFile(bytes);
        await file.datasync();
      }),
    truncate: (length) =>
      guarded(path, async () => {
        await file.truncate(length);
        await file.sync();
      }),
    close: () => guarded(path, () => file.close()),
  };
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function guarded<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskError(path, error);
  }
}

/** A coded error for what the operating system refused; anything else comes back as it is. */
export function diskError(path: string, error: unknown): unknown {
  const code = errno(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SoarError('RUN_DISK_FULL', 'the disk is full; nothing half-written is left behind', {
      where: path,
      remedy: 'free some space, then continue: `soar resume <run>`, or the same command again',
      kind: 'environment',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new SoarError('RUN_NOT_WRITABLE', `the file system refuses access (${code})`, {
      where: path,
      remedy: 'mend the permissions, or choose another place with --runs-dir',
      kind: 'environment',
      cause: error,
    });
  }
  return error;
}

function placeError(path: string, error: unknown): unknown {
  const code = errno(error) ?? '';
  if (!['ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'].includes(code)) return error;
  return new SoarError('RUN_NOT_A_PLACE', `no folder can be made there (${code})`, {
    where: path,
    remedy: 'choose another place with --runs-dir, --studies-dir or --out',
    cause: error,
  });
}

export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
