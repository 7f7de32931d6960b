/** Where a folder is made before it is renamed to its place: one name per process, so that what a killed one left is known and removed. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Disk } from './disk.js';
import { isAlive } from './lock.js';

/** A path within `parent` that is free and this process's own, `<prefix><process id>`; what dead processes left there is removed. */
export async function folderAside(parent: string, prefix: string, disk: Disk): Promise<string> {
  for (const name of await disk.list(parent)) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^\d+$/.exec(name.slice(prefix.length))?.[0];
    const another = pid !== undefined && Number(pid) !== process.pid;
    if (pid !== undefined && !(another && isAlive({ pid: Number(pid), started: '', host: hostname() }))) {
      await disk.remove(join(parent, name));
    }
  }
  return join(parent, `${prefix}${process.pid}`);
}
