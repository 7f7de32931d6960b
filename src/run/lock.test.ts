import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, isAlive, thisProcess } from './lock.js';

const root = mkdtempSync(join(tmpdir(), 'soar-lock-'));
let folder = root;
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(root, 'run-'));
});

/** A process id that has just ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  return child.pid as number;
}

const lockOf = (holder: object, generation = 1) =>
  writeFileSync(join(folder, `lock-${generation}`), JSON.stringify({ ...thisProcess(), ...holder }));

describe('lock', () => {
  it('refuses a second holder until it is released, and leaves nothing behind', async () => {
    const lock = await acquireLock(folder);
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: 'RUN_LOCKED',
      exitCode: 2,
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
    await (await acquireLock(folder)).release();
  });

  it('takes over from a dead process', async () => {
    lockOf({ pid: await endedPid(), started: '1' });
    await acquireLock(folder);
    expect(readdirSync(folder)).toEqual(['lock-2']);
  });

  it('takes over when the id was given to another process since', async () => {
    lockOf({ started: 'another start' });
    await acquireLock(folder);
    expect(readdirSync(folder)).toEqual(['lock-2']);
  });

  it('lets only one of many take over', async () => {
    lockOf({ pid: await endedPid(), started: '1' });
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(folder)));
    expect(tries.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  });

  it('does not judge a holder on another machine', async () => {
    lockOf({ pid: 1, host: `not-${hostname()}` });
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: 'RUN_LOCKED',
      remedy: expect.stringContaining('delete the file'),
    });
  });

  it('says so when the lock cannot be read', async () => {
    writeFileSync(join(folder, 'lock-1'), '{"pid":');
    await expect(acquireLock(folder)).rejects.toMatchObject({ code: 'RUN_LOCK_DAMAGED' });
  });

  it('knows the living from the dead', async () => {
    const child = execFile(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const holder = { pid: child.pid as number, started: '', host: hostname() };
    expect(isAlive(holder)).toBe(true);
    expect(isAlive(thisProcess())).toBe(true);
    child.kill('SIGKILL');
    await promisify((done: () => void) => child.on('exit', done))();
    expect(isAlive(holder)).toBe(false);
  });
});
