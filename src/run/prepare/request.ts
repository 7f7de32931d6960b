/** What is asked of `soar prepare`, and what it tells and gives. */
import type { ColdStart } from '../../evaluate/cold-start.js';
import type { ReadOptions } from '../../problems/sets/problem-set.js';
import type { RunConfig } from '../config/config.js';
import type { Disk } from '../disk.js';
import type { HardSetManifest } from '../hard-set-folder.js';

export interface PrepareRequest {
  /** A path, `hf:org/dataset@revision`, `-`, or `world` for the built-in one. */
  readonly dataset: string;
  readonly read?: ReadOptions;
  /** Only the first so many usable problems. */
  readonly limit?: number;
  /** Model, domain, engine, seed, and the student's sampling. */
  readonly config: RunConfig;
  readonly attempts: number;
  readonly stopAtFirstSuccess: boolean;
  /** What becomes of a question whose prompt leaves no room for an answer: refused, or cut to its last tokens. */
  readonly longPrompts: 'refuse' | 'cut';
  readonly trainFraction: number;
  readonly out: string;
}

export interface PrepareOptions {
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface PrepareProgress {
  readonly done: number;
  readonly of: number;
  /** Problems screened before this call, whose work was found in the journal. */
  readonly before: number;
  readonly solved: number;
  readonly tokens: number;
}

export interface Prepared {
  readonly manifest: HardSetManifest;
  readonly audit: ColdStart;
}
