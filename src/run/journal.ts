/**
 * The append-only truth of a run: one JSON entry per line, in the order in which units were finished.
 *
 *   {"n":12,"entry":{...},"sum":"1f0c…"}
 *
 * `sum` is the head of SHA-256 over the previous line's sum, the number and the entry's text: a changed, missing, doubled or
 * moved line breaks the chain. An append that resolved is on the disk. A last line without its line end was never
 * acknowledged: it is cut off at opening. Any other damage is an error that names the line. Entries hold no clock times.
 */
import { createHash } from 'node:crypto';
import { invariant, SoarError } from '../errors.js';
import type { AppendFile, Disk } from './disk.js';

export interface Journal<Entry> {
  /** Durable when it resolves. Appends are written in the order of the calls. */
  append(entry: Entry): Promise<void>;
  /** Waits for appends under way; later ones fail. */
  close(): Promise<void>;
}

export interface OpenedJournal<Entry> {
  readonly journal: Journal<Entry>;
  /** What stood in it, in order. */
  readonly entries: Entry[];
  /** Bytes of an unacknowledged last line that were cut off. */
  readonly cut: number;
}

interface Tip {
  count: number;
  sum: string;
  /** Length in bytes of the acknowledged lines. */
  bytes: number;
}

/**
 * Opens the journal, a new one if there is none.
 * @throws SoarError RUN_JOURNAL_DAMAGED naming the first line that does not hold.
 */
export async function openJournal<Entry>(path: string, disk: Disk): Promise<OpenedJournal<Entry>> {
  const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
  const { entries, tip } = readLines<Entry>(bytes, path);
  const cut = bytes.length - tip.bytes;
  const file = await disk.openAppend(path);
  try {
    if (cut > 0) await file.truncate(tip.bytes);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { journal: appender(file, tip), entries, cut };
}

/** The entries of a journal that another process may be writing. Changes nothing. */
export async function readJournal<Entry>(path: string, disk: Disk): Promise<Entry[]> {
  return readLines<Entry>((await disk.read(path)) ?? Buffer.alloc(0), path).entries;
}

export function journalLine(n: number, entry: unknown, previous: string): { line: string; sum: string } {
  const text = JSON.stringify(entry, (key, value) => {
    invariant(typeof value !== 'number' || Number.isFinite(value), `journal numbers are finite ('${key}')`);
    return value;
  });
  const sum = chain(previous, n, text);
  return { line: `{"n":${n},"entry":${text},"sum":"${sum}"}\n`, sum };
}

function chain(previous: string, n: number, text: string): string {
  return createHash('sha256').update(`${previous}:${n}:${text}`).digest('hex').slice(0, 16);
}

const lineForm = /^\{"n":(\d+),"entry":(.*),"sum":"([0-9a-f]{16})"\}$/s;

function readLines<Entry>(bytes: Buffer, path: string): { entries: Entry[]; tip: Tip } {
  const entries: Entry[] = [];
  const tip: Tip = { count: 0, sum: '', bytes: 0 };
  for (;;) {
    const end = bytes.indexOf(0x0a, tip.bytes);
    if (end === -1) return { entries, tip };
    const match = lineForm.exec(bytes.toString('utf8', tip.bytes, end));
    if (!match) throw damaged(path, tip.count, 'it is not a journal line');
    const [, n, text, sum] = match;
    if (Number(n) !== tip.count) throw damaged(path, tip.count, `it bears number ${n} instead of ${tip.count}`);
    if (chain(tip.sum, tip.count, text) !== sum) throw damaged(path, tip.count, 'its checksum does not hold');
    entries.push(JSON.parse(text));
    tip.count += 1;
    tip.sum = sum;
    tip.bytes = end + 1;
  }
}

function damaged(path: string, count: number, how: string): SoarError {
  return new SoarError('RUN_JOURNAL_DAMAGED', `the journal is damaged: ${how}`, {
    where: `${path}:${count + 1}`,
    remedy: 'restore the run folder from a copy, or start a new run; the journal cannot be mended by hand',
    kind: 'environment',
  });
}

function appender<Entry>(file: AppendFile, tip: Tip): Journal<Entry> {
  let last: Promise<void> = Promise.resolve();
  let refusal: unknown;
  async function write(entry: Entry): Promise<void> {
    if (refusal !== undefined) throw refusal;
    const { line, sum } = journalLine(tip.count, entry, tip.sum);
    try {
      await file.append(line);
    } catch (error) {
      // Part of the line may stand there. If it cannot be cut off now, the next opening does.
      refusal = error;
      await file.truncate(tip.bytes).catch(() => undefined);
      throw error;
    }
    tip.count += 1;
    tip.sum = sum;
    tip.bytes += Buffer.byteLength(line);
  }
  return {
    append(entry) {
      const written = last.then(() => write(entry));
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      await last;
      refusal ??= new SoarError('RUN_CLOSED', 'the run was stopped while this unit was under way', {
        remedy: 'continue with `soar resume`',
      });
      await file.close();
    },
  };
}
