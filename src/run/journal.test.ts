import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fullDisk, Killed, killedDisk } from '../../test/faulty-disk.js';
import { SoarError } from '../errors.js';
import { nodeDisk } from './disk.js';
import { journalLine, openJournal, readJournal } from './journal.js';

const folder = mkdtempSync(join(tmpdir(), 'soar-journal-'));
const path = join(folder, 'journal.jsonl');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(path, { force: true }));

const entries = [{ unit: 'a' }, { unit: 'b', text: 'two\nlines "quoted" ü' }, { unit: 'c', numbers: [0.1, 1e-300] }];

async function written(what: unknown[] = entries): Promise<Buffer> {
  const { journal } = await openJournal(path, nodeDisk);
  for (const entry of what) await journal.append(entry);
  await journal.close();
  return readFileSync(path);
}

async function code(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'none',
    (error) => {
      if (error instanceof SoarError) return error.code;
      throw error;
    },
  );
}

describe('journal', () => {
  it('gives back what was appended, over several openings', async () => {
    await written(entries.slice(0, 2));
    const { journal, entries: found, cut } = await openJournal(path, nodeDisk);
    expect(found).toEqual(entries.slice(0, 2));
    expect(cut).toBe(0);
    await journal.append(entries[2]);
    await journal.close();
    expect(await readJournal(path, nodeDisk)).toEqual(entries);
  });

  it('keeps the order of calls made at once', async () => {
    const { journal } = await openJournal(path, nodeDisk);
    const many = Array.from({ length: 50 }, (_, i) => ({ i }));
    await Promise.all(many.map((entry) => journal.append(entry)));
    await journal.close();
    expect(await readJournal(path, nodeDisk)).toEqual(many);
  });

  it('cuts a torn last line off, at whatever byte it was torn, and goes on from there', async () => {
    const whole = await written();
    const second = whole.indexOf(0x0a, whole.indexOf(0x0a) + 1) + 1;
    for (let end = second + 1; end < whole.length; end++) {
      writeFileSync(path, whole.subarray(0, end));
      const { journal, entries: found, cut } = await openJournal(path, nodeDisk);
      expect(found).toEqual(entries.slice(0, 2));
      expect(cut).toBe(end - second);
      await journal.append(entries[2]);
      await journal.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  // A flip of the last line end leaves an unterminated line, which reads as never acknowledged; its unit is done again.
  it('sees every flipped bit, and says in which line', async () => {
    const whole = await written();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 2 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const broken = Buffer.from(whole);
          broken[at] ^= 1 << bit;
          writeFileSync(path, broken);
          const line = broken.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
          await expect(openJournal(path, nodeDisk)).rejects.toMatchObject({
            code: 'RUN_JOURNAL_DAMAGED',
            where: `${path}:${line}`,
            kind: 'environment',
          });
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });

  it('sees a missing, a doubled and a moved line', async () => {
    const [a, b, c] = (await written()).toString('utf8').split('\n');
    for (const lines of [
      [a, c],
      [b, c],
      [a, a, b, c],
      [a, c, b],
    ]) {
      writeFileSync(path, `${lines.join('\n')}\n`);
      expect(await code(openJournal(path, nodeDisk))).toBe('RUN_JOURNAL_DAMAGED');
    }
  });

  it('sees a line that fits its own number but not the history before it', async () => {
    const [a] = (await written()).toString('utf8').split('\n');
    const forged = journalLine(1, { unit: 'forged' }, 'another history');
    writeFileSync(path, `${a}\n${forged.line}`);
    expect(await code(openJournal(path, nodeDisk))).toBe('RUN_JOURNAL_DAMAGED');
  });

  it('refuses numbers that JSON cannot hold', async () => {
    const { journal } = await openJournal(path, nodeDisk);
    expect(await code(journal.append({ reward: Number.NaN }))).toBe('INTERNAL_INVARIANT');
    await journal.append(entries[0]);
    await journal.close();
    expect(await readJournal(path, nodeDisk)).toEqual([entries[0]]);
  });

  it('refuses appends after closing', async () => {
    const { journal } = await openJournal(path, nodeDisk);
    await journal.close();
    expect(await code(journal.append(entries[0]))).toBe('RUN_CLOSED');
  });

  it('holds every acknowledged line after a kill at any operation, at any byte', async () => {
    for (let at = 0; at < 4; at++) {
      for (const share of [0, 0.5, 1]) {
        rmSync(path, { force: true });
        const acknowledged: unknown[] = [];
        try {
          const { journal } = await openJournal(path, killedDisk(at, share).disk);
          for (const entry of entries) {
            await journal.append(entry);
            acknowledged.push(entry);
          }
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
        const { journal, entries: found } = await openJournal<unknown>(path, nodeDisk);
        await journal.close();
        expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
        expect(found.length - acknowledged.length).toBeLessThanOrEqual(share === 1 ? 1 : 0);
      }
    }
  });

  it('on a full disk leaves whole lines only, and fails later appends the same way', async () => {
    const whole = await written();
    rmSync(path);
    for (const budget of [0, 10, 60, whole.length - 1]) {
      rmSync(path, { force: true });
      const { journal } = await openJournal(path, fullDisk(budget));
      const codes = await Promise.all(entries.map((entry) => code(journal.append(entry))));
      await journal.close();
      expect(codes.at(-1)).toBe('RUN_DISK_FULL');
      const kept = codes.filter((c) => c === 'none').length;
      const text = readFileSync(path, 'utf8');
      expect(text === '' || text.endsWith('\n')).toBe(true);
      expect(await readJournal(path, nodeDisk)).toEqual(entries.slice(0, kept));
    }
  });
});
