/**
 * What reading a problem set gives and what can be asked of it. Types alone; every row of a source ends either in `problems` or
 * in `refused`, so that `rows = problems.length + refused.length` always.
 */
import type { HubOptions } from '../../hub/hub-options.js';
import type { Problem } from '../problem.js';

/** `mapped`: a file of the user's own, by the names of its columns. */
export type ProblemFormat = 'math' | 'harp' | 'olympiadbench' | 'gsm8k' | 'mapped';

/** Why a row is of no use. */
export type RefusalReason =
  /** The question is missing or blank. */
  | 'empty-question'
  /** The gold answer is missing or blank. */
  | 'empty-gold'
  /** The verifier cannot read the gold answer, or the set's own tolerance. */
  | 'unreadable-gold'
  /** A row before it asks the same, blanks and Unicode spelling aside. */
  | 'duplicate'
  /** The question needs a picture. Diagrams written as text ([asy]) are none. */
  | 'picture'
  /** Its prompt leaves no room for an answer in the model's context. */
  | 'too-long'
  /** The published filter of its set leaves it out: a proof, another language, answers judged by hand. */
  | 'filtered';

export interface RefusedRow {
  readonly reason: RefusalReason;
  /** `file:line` in text of lines, `file#row` (from 1) in a JSON array or parquet, the file alone where it holds one problem. */
  readonly where: string;
  /** What was found, one sentence. */
  readonly detail: string;
  readonly id?: string;
}

export interface ProblemSet {
  /** Short name of the source, for folders and reports. */
  readonly name: string;
  readonly format: ProblemFormat;
  /** The path as given; of a hub dataset `hf:org/dataset@commit/path`, the commit resolved. */
  readonly source: string;
  /** Of the bytes read, in hexadecimal; of several files, of their `sha256sum` listing in the order read. */
  readonly sha256: string;
  readonly rows: number;
  readonly problems: readonly Problem[];
  readonly refused: readonly RefusedRow[];
}

/** Which columns of an own file say what. */
export interface ColumnMapping {
  readonly question: string;
  readonly answer: string;
  readonly id?: string;
  readonly subject?: string;
  readonly level?: string;
}

export interface ReadOptions {
  /** Default `auto`: recognised by the fields of the first row; `mapped` where a mapping is given. */
  readonly format?: ProblemFormat | 'auto';
  readonly mapping?: ColumnMapping;
  /** What `-` reads: JSON lines. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Which files of a folder or hub dataset, by a word of their path (train, test, validation), or `all`. */
  readonly split?: string;
  /** Whether golds must be readable by the verifier for mathematics, the default, or may be `any` text. */
  readonly golds?: 'mathematics' | 'any';
  readonly hub?: HubOptions;
}
