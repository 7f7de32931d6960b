/**
 * Named folders of files that appear whole or not at all: `<root>/<name>/` with a manifest of every file's SHA-256.
 * Written aside, each file synced, the manifest last, then renamed and the parent synced. A folder without a manifest, or
 * with a file that does not match it, is damaged and said to be so; it is never used in part.
 * Knows nothing of what the files mean.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import type { Disk } from './disk.js';

const manifestName = 'manifest.json';
const partialSuffix = '.partial';

interface Manifest {
  readonly files: Readonly<Record<string, { readonly sha256: string }>>;
}

export interface Snapshots {
  readonly root: string;
  /** Replaces one of the same name. Durable when it resolves; the id it returns (the manifest's SHA-256) names the content. */
  write(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<string>;
  /**
   * `id`: what `write` returned; another content of the same name is refused.
   * @throws SoarError RUN_SNAPSHOT_MISSING, RUN_SNAPSHOT_DAMAGED
   */
  read(name: string, id: string): Promise<Map<string, Buffer>>;
  /** Removes snapshots and unfinished ones, except those kept. */
  prune(keep: (name: string) => boolean): Promise<void>;
}

export function openSnapshots(root: string, disk: Disk): Snapshots {
  return {
    root,
    async write(name, files) {
      const target = join(root, name);
      const aside = `${target}${partialSuffix}`;
      await disk.makeFolder(root);
      await disk.remove(aside);
      await disk.makeFolder(aside);
      const entries: [string, Manifest['files'][string]][] = [];
      for (const [file, bytes] of files) {
        await disk.write(join(aside, file), bytes);
        entries.push([file, { sha256: sha256(bytes) }]);
      }
      const manifest = `${JSON.stringify({ files: Object.fromEntries(entries) } satisfies Manifest, null, 2)}\n`;
      await disk.write(join(aside, manifestName), manifest);
      await disk.syncFolder(aside);
      // rename(2) does not replace a folder that holds something.
      await disk.remove(target);
      await disk.rename(aside, target);
      await disk.syncFolder(root);
      return sha256(manifest);
    },
    async read(name, id) {
      const folder = join(root, name);
      const text = await disk.read(join(folder, manifestName));
      if (text === undefined) throw await missing(folder, disk);
      if (sha256(text) !== id) throw damaged(join(folder, manifestName), 'it is not the one that the journal names');
      const { files: entries } = JSON.parse(text.toString('utf8')) as Manifest;
      const files = new Map<string, Buffer>();
      for (const [file, { sha256: expected }] of Object.entries(entries)) {
        const bytes = await disk.read(join(folder, file));
        if (bytes === undefined) throw damaged(join(folder, file), 'a file is missing');
        if (sha256(bytes) !== expected) throw damaged(join(folder, file), 'a checksum does not hold');
        files.set(file, bytes);
      }
      return files;
    },
    async prune(keep) {
      for (const name of await disk.list(root)) if (!keep(name)) await disk.remove(join(root, name));
    },
  };
}

async function missing(folder: string, disk: Disk): Promise<SoarError> {
  if ((await disk.list(folder)).length > 0) return damaged(folder, 'the manifest is missing');
  return new SoarError('RUN_SNAPSHOT_MISSING', 'a snapshot that the journal speaks of is not there', {
    where: folder,
    remedy: 'restore it from a copy of the run folder, or start a new run',
    kind: 'environment',
  });
}

function damaged(where: string, how: string): SoarError {
  return new SoarError('RUN_SNAPSHOT_DAMAGED', `a snapshot is damaged: ${how}`, {
    where,
    remedy: 'restore it from a copy of the run folder, or start a new run',
    kind: 'environment',
  });
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
