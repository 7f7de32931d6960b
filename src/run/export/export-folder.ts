/**
 * The folder of an export: written aside, synced, and renamed to its place, so that it appears whole or not at all. With
 * `force` it takes the place of what is there, which goes only then. Never touches a folder that others need.
 */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { SoarError } from '../../errors.js';
import { type Disk, diskError, errno } from '../disk.js';
import { folderAside } from '../folder-aside.js';

export interface ExportPlace {
  readonly out: string;
  readonly force: boolean;
  /** Folders that must neither hold the export nor lie within its place: the run's, the base model's. */
  readonly spared: readonly string[];
}

/** Where it will be, checked before anything is computed. @throws SoarError EXPORT_EXISTS, EXPORT_PLACE */
export async function checkPlace({ out, force, spared }: ExportPlace, disk: Disk): Promise<string> {
  const place = realPath(out);
  const touched = spared.map(realPath).find((other) => isWithin(other, place) || isWithin(place, other));
  if (touched !== undefined || isWithin(realPath('.'), place)) {
    throw new SoarError('EXPORT_PLACE', `an export does not go there: ${touched ?? 'it is the folder you are in'}`, {
      where: out,
      remedy: 'give another --out: a new folder, apart from the run and its base model',
    });
  }
  if (!existsSync(place)) return place;
  const file = !statSync(place).isDirectory();
  if (file || (!force && (await disk.list(place)).length > 0)) throw exists(out, file ? 'is a file' : 'is not empty');
  return place;
}

/** @param fill writes the files into an empty folder. @throws SoarError EXPORT_EXISTS, EXPORT_NOT_WRITTEN */
export async function writeFolder(
  place: string,
  force: boolean,
  disk: Disk,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(place);
  try {
    await disk.makeFolder(parent);
    const aside = await folderAside(parent, `.${basename(place)}.partial-`, disk);
    try {
      await disk.makeFolder(aside);
      await fill(aside);
      await disk.syncFolder(aside);
      await putInPlace(aside, place, force, disk);
    } finally {
      await disk.remove(aside);
    }
    // Only now: until the new one is there, the old one is all there is.
    await folderForOld(place, disk);
  } catch (error) {
    throw notWritten(place, error);
  }
}

/** Free when it resolves: where the folder goes whose place is taken. */
const folderForOld = (place: string, disk: Disk) => folderAside(dirname(place), `.${basename(place)}.replaced-`, disk);

async function putInPlace(aside: string, place: string, force: boolean, disk: Disk): Promise<void> {
  const replaced = existsSync(place) && force ? await folderForOld(place, disk) : undefined;
  if (replaced !== undefined) await disk.rename(place, replaced);
  try {
    await disk.rename(aside, place);
  } catch (error) {
    if (replaced !== undefined) await disk.rename(replaced, place);
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(errno(error) ?? '')) throw exists(place, 'is not empty');
    throw error;
  }
  await disk.syncFolder(dirname(place));
}

/** Through links, also of a path that is not there yet. */
function realPath(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole)) return realpathSync(whole);
  const parent = dirname(whole);
  return parent === whole ? whole : join(realPath(parent), basename(whole));
}

function isWithin(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return !(way === '..' || /^\.\.[\\/]/.test(way) || isAbsolute(way));
}

const exists = (where: string, how: string) =>
  new SoarError('EXPORT_EXISTS', `the place of the export ${how}`, {
    where,
    remedy:
      how === 'is a file' ? 'give another --out' : 'give another --out, or --force to put the export in its place',
  });

function notWritten(where: string, error: unknown): unknown {
  const found = diskError(where, error);
  if (!(found instanceof SoarError) || !/^RUN_(DISK_FULL|NOT_WRITABLE)$/.test(found.code)) return found;
  return new SoarError('EXPORT_NOT_WRITTEN', found.message, {
    where,
    remedy: 'free some space or mend the permissions, or give another --out; then give the same command again',
    kind: 'environment',
    cause: error,
  });
}
