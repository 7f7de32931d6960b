/** What is asked of `soar prepare`, and what it tells and gives. */
import type { ColdStart } from '../../evaluate/cold-start.js';
import type { HubProgress } from '../../hub/hub.js';
import type { AskRequest } from '../asking.js';
import type { Disk } from '../disk.js';
import type { HardSetManifest } from '../hard-set-folder.js';

export interface PrepareRequest extends AskRequest {
  readonly attempts: number;
  readonly stopAtFirstSuccess: boolean;
  readonly trainFraction: number;
  readonly out: string;
}

export interface PrepareOptions {
  /** While a model of the hub arrives. */
  readonly onFetch?: (progress: HubProgress) => void;
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
