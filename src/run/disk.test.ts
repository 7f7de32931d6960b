import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { diskError, nodeDisk } from './disk.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));

const refused = (code: string) => Object.assign(new Error(code), { code });

describe('disk', () => {
  it.each([
    ['ENOSPC', 'RUN_DISK_FULL'],
    ['EDQUOT', 'RUN_DISK_FULL'],
    ['EACCES', 'RUN_NOT_WRITABLE'],
    ['EROFS', 'RUN_NOT_WRITABLE'],
  ])('%s reads %s, an error of the environment with the place', (code, name) => {
    expect(diskError('/a/file', refused(code))).toMatchObject({ code: name, exitCode: 3, where: '/a/file' });
  });

  it('a place beneath a file is the user’s to mend', async () => {
    const file = join(folder, 'file');
    await nodeDisk.write(file, 'x');
    await expect(nodeDisk.makeFolder(join(file, 'runs'))).rejects.toMatchObject({
      code: 'RUN_NOT_A_PLACE',
      exitCode: 2,
    });
    await expect(nodeDisk.makeFolder(file)).rejects.toMatchObject({ code: 'RUN_NOT_A_PLACE', where: file });
  });

  it('leaves other errors as they are', () => {
    const error = refused('EISDIR');
    expect(diskError('/a/file', error)).toBe(error);
  });

  it('a full device, as the system reports it', async ({ skip }) => {
    if (process.platform !== 'linux') skip();
    await expect(nodeDisk.write('/dev/full', 'x')).rejects.toMatchObject({ code: 'RUN_DISK_FULL', where: '/dev/full' });
  });

  it('what is not there reads as nothing, lists as empty and is removed without complaint', async () => {
    const none = join(folder, 'none');
    expect(await nodeDisk.read(none)).toBeUndefined();
    expect(await nodeDisk.list(none)).toEqual([]);
    await nodeDisk.remove(none);
  });
});
