/** Exports of a scripted run, on disks that fail. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fullDisk, Killed, killedDisk } from '../../../test/faulty-disk.js';
import { scriptedBench, scriptedConfig } from '../../../test/scripted-run.js';
import { startRun } from '../run.js';
import type { RunPaths } from '../run-folder.js';
import { exportRun } from './export.js';

const root = mkdtempSync(join(tmpdir(), 'export-folder-'));
afterAll(() => rmSync(root, { recursive: true }));
const bench = () => scriptedBench();
let run: RunPaths;
beforeAll(async () => {
  run = (await startRun(scriptedConfig(), join(root, 'runs'), { bench })).paths;
});

it('killed at any moment, leaves a whole folder or none, and the next export goes through and clears up', async () => {
  const whole = async (out: string) => {
    await exportRun(run, { what: 'questions', out });
    return readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]);
  };
  const expected = await whole(join(root, 'whole'));
  const { disk, operations } = killedDisk(Number.POSITIVE_INFINITY);
  await exportRun(run, { what: 'questions', out: join(root, 'counted') }, disk);
  expect(operations()).toBeGreaterThan(5);
  for (let kill = 0; kill < operations(); kill++) {
    const folder = mkdtempSync(join(root, 'killed-'));
    const out = join(folder, 'out');
    await expect(exportRun(run, { what: 'questions', out }, killedDisk(kill, 0.5).disk)).rejects.toThrow(Killed);
    if (existsSync(out)) expect(readdirSync(out)).toEqual(['README.md', 'questions.jsonl']);
    rmSync(out, { recursive: true, force: true });
    expect(await whole(out)).toEqual(expected);
    expect(readdirSync(folder)).toEqual(['out']);
  }
});

it('killed while it takes the place of another, loses neither', async () => {
  const { disk, operations } = killedDisk(Number.POSITIVE_INFINITY);
  const forced = (out: string, on?: typeof disk) => exportRun(run, { what: 'questions', out, force: true }, on);
  await exportRun(run, { what: 'questions', out: join(root, 'twice') });
  await forced(join(root, 'twice'), disk);
  for (let kill = 0; kill < operations(); kill++) {
    const folder = mkdtempSync(join(root, 'forced-'));
    const out = join(folder, 'out');
    await forced(out);
    await expect(forced(out, killedDisk(kill).disk)).rejects.toThrow(Killed);
    const wholes = readdirSync(folder).filter((name) => readdirSync(join(folder, name)).length === 2);
    expect(wholes.length).toBeGreaterThan(0);
    await forced(out);
    expect(readdirSync(folder)).toEqual(['out']);
  }
});

it('on a full disk says so, and leaves nothing', async () => {
  const folder = mkdtempSync(join(root, 'full-'));
  await expect(exportRun(run, { what: 'questions', out: join(folder, 'out') }, fullDisk(100))).rejects.toMatchObject({
    code: 'EXPORT_NOT_WRITTEN',
    exitCode: 3,
    remedy: expect.not.stringContaining('resume'),
  });
  expect(readdirSync(folder)).toEqual([]);
});

it('a run that promoted nothing has a teacher, but no student and no questions', async () => {
  const never = { name: 'never', soar: { ...scriptedConfig().soar, promotion: { window: 1, threshold: 99 } } };
  const { paths } = await startRun(scriptedConfig(never), join(root, 'runs'), { bench });
  for (const what of ['student', 'questions']) {
    await expect(exportRun(paths, { what, out: join(root, 'nothing') })).rejects.toMatchObject({
      code: 'EXPORT_NOTHING',
      remedy: expect.stringContaining('soar.promotion.threshold'),
    });
  }
  expect(existsSync(join(root, 'nothing'))).toBe(false);
});
