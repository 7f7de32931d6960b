import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fullDisk, Killed, killedDisk } from '../../test/faulty-disk.js';
import { nodeDisk } from './disk.js';
import { openSnapshots } from './snapshots.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-snapshots-'));
const root = join(folder, 'snapshots');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(root, { recursive: true, force: true }));

const files = (fill: number) =>
  new Map([
    ['teacher.bin', new Uint8Array(1000).fill(fill)],
    ['baseline.bin', new Uint8Array(10).fill(fill + 1)],
  ]);

const asObject = (map: Map<string, Uint8Array>) =>
  Object.fromEntries([...map].map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]));

describe('snapshots', () => {
  it('give back their files, and the same content has the same id', async () => {
    const snapshots = openSnapshots(root, nodeDisk);
    const id = await snapshots.write('step-1', files(1));
    expect(asObject(await snapshots.read('step-1', id))).toEqual(asObject(files(1)));
    expect(await snapshots.write('again', files(1))).toBe(id);
    expect(await snapshots.write('other', files(2))).not.toBe(id);
  });

  it('after a kill between any two operations: the old one stands, and the new one is whole or not there', async () => {
    const counter = killedDisk(Number.POSITIVE_INFINITY);
    await openSnapshots(root, counter.disk).write('step-2', files(2));
    const operations = counter.operations();
    expect(operations).toBeGreaterThan(8);
    const newId = await openSnapshots(join(folder, 'elsewhere'), nodeDisk).write('step-2', files(2));
    for (let at = 0; at <= operations; at++) {
      for (const share of [0, 0.5]) {
        rmSync(root, { recursive: true, force: true });
        const oldId = await openSnapshots(root, nodeDisk).write('step-1', files(1));
        const writing = openSnapshots(root, killedDisk(at, share).disk).write('step-2', files(2));
        const acknowledged = await writing.then(
          () => true,
          (error) => {
            if (error instanceof Killed) return false;
            throw error;
          },
        );
        const snapshots = openSnapshots(root, nodeDisk);
        expect(asObject(await snapshots.read('step-1', oldId))).toEqual(asObject(files(1)));
        if (existsSync(join(root, 'step-2'))) {
          expect(asObject(await snapshots.read('step-2', newId))).toEqual(asObject(files(2)));
        } else {
          expect(acknowledged).toBe(false);
          await expect(snapshots.read('step-2', newId)).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_MISSING' });
        }
        // The next attempt is not disturbed by what the kill left.
        expect(await snapshots.write('step-2', files(2))).toBe(newId);
        await snapshots.prune((name) => name === 'step-2');
        expect(readdirSync(root)).toEqual(['step-2']);
      }
    }
  });

  it('says which file is damaged, missing, or of another content', async () => {
    const snapshots = openSnapshots(root, nodeDisk);
    const id = await snapshots.write('s', files(1));
    const file = join(root, 's', 'teacher.bin');
    const manifest = join(root, 's', 'manifest.json');
    const whole = readFileSync(file);

    const flipped = Buffer.from(whole);
    flipped[500] ^= 4;
    writeFileSync(file, flipped);
    await expect(snapshots.read('s', id)).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_DAMAGED', where: file });
    writeFileSync(file, whole.subarray(0, 400));
    await expect(snapshots.read('s', id)).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_DAMAGED', where: file });
    rmSync(file);
    await expect(snapshots.read('s', id)).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_DAMAGED', where: file });
    writeFileSync(file, whole);
    await snapshots.read('s', id);
    await expect(snapshots.read('s', 'another id')).rejects.toMatchObject({
      code: 'RUN_SNAPSHOT_DAMAGED',
      where: manifest,
    });
    rmSync(manifest);
    await expect(snapshots.read('s', id)).rejects.toMatchObject({
      code: 'RUN_SNAPSHOT_DAMAGED',
      where: join(root, 's'),
    });
    rmSync(join(root, 's'), { recursive: true });
    await expect(snapshots.read('s', id)).rejects.toMatchObject({ code: 'RUN_SNAPSHOT_MISSING' });
  });

  it('on a full disk: a coded error, and nothing under the name', async () => {
    for (const budget of [0, 500, 1005, 1050]) {
      rmSync(root, { recursive: true, force: true });
      const snapshots = openSnapshots(root, fullDisk(budget));
      await expect(snapshots.write('s', files(1))).rejects.toMatchObject({ code: 'RUN_DISK_FULL', exitCode: 3 });
      expect(existsSync(join(root, 's'))).toBe(false);
    }
  });
});
