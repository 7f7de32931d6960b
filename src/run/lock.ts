/**
 * One process per run folder. A lock is a file `lock-<generation>` that names its holder by process id and start time, so
 * that a reused id is not mistaken for the holder. A dead holder's lock is taken over by creating the next generation:
 * creating is exclusive, so of several that try only one succeeds.
 * Trusts the file system's link(2) to be atomic.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { link, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import { diskError, errno, nodeDisk } from './disk.js';

export interface Lock {
  release(): Promise<void>;
}

export interface LockHolder {
  readonly pid: number;
  /** As the operating system tells it; opaque, only compared. Empty where it cannot be told. */
  readonly started: string;
  readonly host: string;
}

let attempts = 0;

/** @throws SoarError RUN_LOCKED while a living process holds the run. */
export async function acquireLock(folder: string): Promise<Lock> {
  attempts += 1;
  const own = join(folder, `.lock-${process.pid}-${attempts}`);
  try {
    // Synced: a power cut must not leave a lock that nobody can read.
    await nodeDisk.write(own, JSON.stringify(thisProcess()));
    for (;;) {
      const held = await lockFiles(folder);
      for (const lock of held) refuseIfAlive(lock);
      const mine = join(folder, `lock-${(held.at(-1)?.generation ?? 0) + 1}`);
      try {
        await link(own, mine);
      } catch (error) {
        if (errno(error) === 'EEXIST') continue;
        throw error;
      }
      // Somebody slower may have seen the folder as it was before us: whoever finds another living holder steps back.
      const others = (await lockFiles(folder)).filter((lock) => lock.path !== mine);
      try {
        for (const lock of others) refuseIfAlive(lock);
      } catch (error) {
        await rm(mine, { force: true });
        throw error;
      }
      for (const lock of others) await rm(lock.path, { force: true });
      return { release: () => rm(mine, { force: true }) };
    }
  } catch (error) {
    throw diskError(folder, error);
  } finally {
    await rm(own, { force: true });
  }
}

/** Whether a living process holds the run. */
export async function isLocked(folder: string): Promise<boolean> {
  return (await lockFiles(folder)).some(({ holder }) => holder.host !== hostname() || isAlive(holder));
}

interface LockFile {
  readonly path: string;
  readonly generation: number;
  readonly holder: LockHolder;
}

async function lockFiles(folder: string): Promise<LockFile[]> {
  const found: LockFile[] = [];
  for (const name of await readdir(folder)) {
    const generation = /^lock-(\d+)$/.exec(name)?.[1];
    if (generation === undefined) continue;
    const path = join(folder, name);
    try {
      found.push({ path, generation: Number(generation), holder: JSON.parse(await readFile(path, 'utf8')) });
    } catch (error) {
      if (errno(error) === 'ENOENT') continue;
      throw new SoarError('RUN_LOCK_DAMAGED', 'the lock file cannot be read', {
        where: path,
        remedy: 'if no soar process works on this run, delete the file and try again',
        kind: 'environment',
        cause: error,
      });
    }
  }
  return found.sort((a, b) => a.generation - b.generation);
}

function refuseIfAlive({ path, holder }: LockFile): void {
  const elsewhere = holder.host !== hostname();
  if (!elsewhere && !isAlive(holder)) return;
  throw new SoarError(
    'RUN_LOCKED',
    `process ${holder.pid}${elsewhere ? ` on ${holder.host}` : ''} is at work in this folder`,
    {
      where: path,
      remedy: elsewhere
        ? `stop it there, or delete the file if ${holder.host} is gone`
        : `wait for it, or stop it with \`kill ${holder.pid}\` and then continue`,
    },
  );
}

/** Whether the process that wrote the lock still runs (and not another one that was given its id). */
export function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errno(error) === 'ESRCH') return false;
    if (errno(error) !== 'EPERM') throw error;
  }
  const started = startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

export function thisProcess(): LockHolder {
  return { pid: process.pid, started: startOf(process.pid), host: hostname() };
}

function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie has ended and only waits to be read by its parent.
      return fields[0] === 'Z' ? 'ended' : fields[19];
    }
    if (process.platform === 'win32') return '';
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
