/**
 * Files of rows, whatever they hold: JSON lines, JSON, CSV and parquet become plain records that know where they stand. A file that
 * cannot be read to its end is an error: half a set is no set.
 */
import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { SoarError } from '../../errors.js';

export interface SourceFile {
  /** As the user knows it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Fields = Readonly<Record<string, unknown>>;

export interface RawRow {
  /** `file:line` in text of lines, `file#row` (from 1) in a JSON array or parquet, the file where it holds one problem. */
  readonly where: string;
  readonly fields: Fields;
}

const readers: Readonly<Record<string, (file: SourceFile) => RawRow[] | Promise<RawRow[]>>> = {
  jsonl: jsonLines,
  ndjson: jsonLines,
  json: jsonDocument,
  csv: (file) => delimited(file, ','),
  tsv: (file) => delimited(file, '\t'),
  parquet,
};

/** Endings of files that can hold rows, most telling first. */
export const rowEndings = ['parquet', 'jsonl', 'ndjson', 'csv', 'tsv', 'json'] as const;

export const endingOf = (name: string): string => /\.([A-Za-z]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

/** @throws SoarError PROBLEMS_FILE_KIND, PROBLEMS_ROW, PROBLEMS_DAMAGED */
export async function rowsOf(file: SourceFile): Promise<RawRow[]> {
  const read = readers[endingOf(file.name)];
  if (read) return read(file);
  throw new SoarError('PROBLEMS_FILE_KIND', 'this kind of file holds no problems that can be read', {
    where: file.name,
    remedy: `give a file that ends in ${rowEndings.map((ending) => `.${ending}`).join(', ')}; unpack archives first`,
  });
}

const textOf = ({ bytes }: SourceFile) => new TextDecoder().decode(bytes);

export function jsonLines(file: SourceFile): RawRow[] {
  return textOf(file)
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '') return [];
      const where = `${file.name}:${i + 1}`;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch (cause) {
        throw badRow(where, `it is not JSON (${(cause as Error).message})`, cause);
      }
      return [{ where, fields: record(value, where) }];
    });
}

function jsonDocument(file: SourceFile): RawRow[] {
  let value: unknown;
  try {
    value = JSON.parse(textOf(file));
  } catch (cause) {
    throw damaged(file.name, `it is not JSON (${(cause as Error).message})`, cause);
  }
  if (!Array.isArray(value)) return [{ where: file.name, fields: record(value, file.name) }];
  return value.map((item, i) => {
    const where = `${file.name}#${i + 1}`;
    return { where, fields: record(item, where) };
  });
}

function delimited(file: SourceFile, delimiter: string): RawRow[] {
  try {
    const rows = parseCsv(textOf(file), { delimiter, columns: true, bom: true, info: true, skip_empty_lines: true });
    // `lines` counts to the row's end: the first of its lines is what a person looks for.
    return (rows as unknown as { record: Fields; info: { lines: number } }[]).map(({ record, info }) => ({
      where: `${file.name}:${info.lines - lineBreaks(record)}`,
      fields: record,
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause.lines === 'number' ? `:${cause.lines}` : '';
    throw badRow(`${file.name}${line}`, `it is not a row of the table (${cause.message})`, cause);
  }
}

const lineBreaks = (record: Fields) =>
  Object.values(record).reduce<number>((sum, value) => sum + (String(value).match(/\n/g)?.length ?? 0), 0);

async function parquet({ name, bytes }: SourceFile): Promise<RawRow[]> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const rows = await parquetReadObjects({ file: buffer });
    return rows.map((fields, i) => ({ where: `${name}#${i + 1}`, fields: withoutBigInts(fields) }));
  } catch (cause) {
    throw damaged(name, `it cannot be read as parquet (${(cause as Error).message})`, cause);
  }
}

/** Parquet's 64-bit integers become numbers, or text where a number would lose digits. */
function withoutBigInts(fields: Fields): Fields {
  const plain = (value: unknown): unknown => {
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

function record(value: unknown, where: string): Fields {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  throw badRow(where, `it holds ${JSON.stringify(value)?.slice(0, 60)} instead of an object with named fields`);
}

function badRow(where: string, how: string, cause?: unknown): SoarError {
  return new SoarError('PROBLEMS_ROW', `a row cannot be read: ${how}`, {
    where,
    remedy: 'mend the row; if it is the last one, the file may be cut short: fetch it again',
    cause,
  });
}

function damaged(where: string, how: string, cause: unknown): SoarError {
  return new SoarError('PROBLEMS_DAMAGED', `the file is damaged: ${how}`, {
    where,
    remedy: 'fetch it again; parquet must be uncompressed or compressed with Snappy',
    cause,
  });
}
