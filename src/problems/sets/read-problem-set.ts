/**
 * A problem set from wherever it lies: rows are read, recognised, checked and either become problems or are refused with a reason.
 * Nothing is dropped unsaid.
 */
import { createHash } from 'node:crypto';
import { SoarError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { parseGold } from '../../verify/gold.js';
import type { Problem } from '../problem.js';
import { sourceFiles } from './files.js';
import type { Format, ReadRow } from './formats/format.js';
import { gsm8k } from './formats/gsm8k.js';
import { harp } from './formats/harp.js';
import { mapped } from './formats/mapped.js';
import { math } from './formats/math.js';
import { olympiadBench } from './formats/olympiadbench.js';
import type { ColumnMapping, ProblemFormat, ProblemSet, ReadOptions, RefusedRow } from './problem-set.js';
import { type RawRow, rowsOf, type SourceFile } from './raw-rows.js';

const published: Readonly<Record<Exclude<ProblemFormat, 'mapped'>, Format>> = {
  harp,
  math,
  olympiadbench: olympiadBench,
  gsm8k,
};

/** The columns of a file that names them as this project does; also what `soar prepare` writes. */
const ownColumns: ColumnMapping = {
  question: 'question',
  answer: 'gold',
  id: 'id',
  subject: 'subject',
  level: 'level',
};

/**
 * Reads a path, `hf:org/dataset@revision`, or `-`.
 * @throws SoarError PROBLEMS_MISSING, PROBLEMS_FILE_KIND, PROBLEMS_ROW, PROBLEMS_DAMAGED, PROBLEMS_FORMAT, PROBLEMS_COLUMN,
 * PROBLEMS_SPLIT, PROBLEMS_NO_FILES, PROBLEMS_EMPTY, HUB_*
 */
export async function readProblemSet(source: string, options: ReadOptions = {}): Promise<ProblemSet> {
  const { name, source: resolved, files, place } = await sourceFiles(source, options);
  const rows = (await Promise.all(files.map(rowsOf))).flat();
  const [first] = rows;
  if (!first) throw empty(resolved, 'it holds no rows');
  const { format, reader } = formatFor(first, options);
  const sorted = sortRows(rows, place, reader, options);
  if (sorted.problems.length === 0) {
    const counts = countReasons(sorted.refused).map(([reason, count]) => `${count} ${reason}`);
    throw empty(resolved, `none of its ${rows.length} rows can be used (${counts.join(', ')})`);
  }
  return { name, format, source: resolved, sha256: hashOf(files), rows: rows.length, ...sorted };
}

/** Reasons with their counts, most first. */
export function countReasons(refused: readonly RefusedRow[]): [RefusedRow['reason'], number][] {
  const counts = new Map<RefusedRow['reason'], number>();
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

function formatFor(first: RawRow, options: ReadOptions): { format: ProblemFormat; reader: Format } {
  const { format = 'auto', mapping } = options;
  const found = Object.keys(first.fields);
  if (mapping || format === 'mapped') {
    const columns = mapping ?? ownColumns;
    for (const [role, column] of Object.entries(columns) as [string, string][]) {
      const needed = mapping !== undefined || role === 'question' || role === 'answer';
      if (needed && !found.includes(column)) throw missingColumn(role, column, found, first.where);
    }
    return { format: 'mapped', reader: mapped(columns) };
  }
  if (format !== 'auto') return { format, reader: published[format] };
  for (const [name, reader] of Object.entries(published)) {
    if (reader.recognises(first.fields)) return { format: name as ProblemFormat, reader };
  }
  const own = mapped(ownColumns);
  if (own.recognises(first.fields)) return { format: 'mapped', reader: own };
  throw new SoarError('PROBLEMS_FORMAT', `no known form of problems has the fields ${found.join(', ')}`, {
    where: first.where,
    remedy:
      'name the columns, as in --map question=prompt,answer=target; known are MATH (problem, level, answer or solution), HARP (problem, answer, year, contest, number), OlympiadBench (question, final_answer, answer_type), GSM8K (question, answer with ####), and question, gold',
  });
}

function missingColumn(role: string, column: string, found: readonly string[], where: string): SoarError {
  const guess = nearest(column, found);
  return new SoarError(
    'PROBLEMS_COLUMN',
    `there is no column '${column}' for the ${role}${guess ? `, did you mean '${guess}'?` : ''}`,
    { where, remedy: `the columns are ${found.join(', ')}` },
  );
}

function sortRows(rows: readonly RawRow[], place: string, reader: Format, { golds = 'mathematics' }: ReadOptions) {
  const problems: Problem[] = [];
  const refused: RefusedRow[] = [];
  const asked = new Map<string, string>();
  const ids = new Map<string, number>();
  for (const { where, fields } of rows) {
    const read = reader.read(fields);
    const refusal = 'reason' in read ? read : faultOf(read, golds, asked);
    if (refusal) {
      const { reason, detail } = refusal;
      refused.push({ reason, where, detail, ...(read.id !== undefined && { id: read.id }) });
      continue;
    }
    // A problem's name does not depend on where the file lies on this machine.
    const name = where.slice(place.length);
    const { id = name, verification, ...rest } = read as ReadRow;
    asked.set(normalised(rest.question), where);
    const times = (ids.get(id) ?? 0) + 1;
    ids.set(id, times);
    problems.push({
      id: times === 1 ? id : `${id} (${times})`,
      ...rest,
      source: name,
      ...(verification && Object.keys(verification).length > 0 && { verification }),
    });
  }
  return { problems, refused };
}

/** What makes a row useless, the first that is found. */
function faultOf(
  { question, gold, verification = {} }: ReadRow,
  golds: NonNullable<ReadOptions['golds']>,
  asked: ReadonlyMap<string, string>,
): Pick<RefusedRow, 'reason' | 'detail'> | undefined {
  if (question === '') return { reason: 'empty-question', detail: 'it has no question' };
  if (gold === '') return { reason: 'empty-gold', detail: 'it has no gold answer' };
  if (picture.test(question)) return { reason: 'picture', detail: 'its question shows a picture' };
  const { tolerance = 0 } = verification;
  if (!(tolerance >= 0)) return { reason: 'unreadable-gold', detail: 'its tolerance is no number from 0' };
  if (golds === 'mathematics') {
    try {
      parseGold(gold, verification);
    } catch (error) {
      if (!(error instanceof SoarError)) throw error;
      return { reason: 'unreadable-gold', detail: `${error.message}: ${gold.slice(0, 80)}` };
    }
  }
  const before = asked.get(normalised(question));
  if (before !== undefined) return { reason: 'duplicate', detail: `${before} asks the same` };
  return undefined;
}

/** Pictures that are files. A diagram in Asymptote is text, which a model can read. */
const picture = /<image|<img\b|!\[[^\]]*\]\(|\\includegraphics/i;

/** Spelling of Unicode and blanks aside. */
const normalised = (question: string) => question.normalize('NFKC').replace(/\s+/g, ' ').trim();

function hashOf(files: readonly SourceFile[]): string {
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
  const [only, ...more] = files.map(({ name, bytes }) => ({ name, hash: sha256(bytes) }));
  if (only && more.length === 0) return only.hash;
  return sha256([only, ...more].map((file) => `${file?.hash}  ${file?.name}\n`).join(''));
}

function empty(where: string, how: string): SoarError {
  return new SoarError('PROBLEMS_EMPTY', `there are no problems: ${how}`, {
    where,
    remedy: 'give a set with questions and gold answers',
  });
}
