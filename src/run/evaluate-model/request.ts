/** What is asked of `soar evaluate --problems`, and what it tells and gives. */
import type { ModelPass } from '../../evaluate/model-pass.js';
import type { HubProgress } from '../../hub/hub.js';
import type { AskIdentity, AskRequest } from '../asking.js';
import type { Disk } from '../disk.js';

export interface ModelEvaluationRequest extends AskRequest {
  /** k of pass@k. */
  readonly ks: readonly number[];
  /** Completions per problem, at least the largest k. */
  readonly samples: number;
  readonly out: string;
}

export interface ModelEvaluationOptions {
  /** While a model of the hub arrives. */
  readonly onFetch?: (progress: HubProgress) => void;
  readonly onProgress?: (progress: ModelEvaluationProgress) => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface ModelEvaluationProgress {
  /** Completions. */
  readonly done: number;
  readonly of: number;
  /** Completions made before this call, which were found in the folder. */
  readonly before: number;
  /** Share of the completions so far. */
  readonly correct: number;
}

export type ModelEvaluationIdentity = AskIdentity & { readonly samples: number; readonly seed: string };

export const modelEvaluationFiles = {
  results: 'results.json',
  problems: 'problems.jsonl',
  completions: 'completions.jsonl',
  refused: 'refused.jsonl',
} as const;

/** results.json */
export interface ModelEvaluation {
  readonly made: 'soar evaluate';
  readonly evaluation: ModelEvaluationIdentity;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly dataset: {
    readonly name: string;
    readonly format: string;
    readonly source: string;
    readonly sha256: string;
  };
  readonly counts: {
    readonly rows: number;
    readonly refused: Readonly<Record<string, number>>;
    /** Usable, but past the number asked for. */
    readonly beyondLimit: number;
    readonly problems: number;
    readonly completions: number;
    readonly cutPrompts: number;
    readonly unwritablePrompts: number;
    readonly tokens: number;
  };
  /** Shares of all completions: with the right answer, with an answer in the asked form, ended by themselves. */
  readonly correct: number;
  readonly answered: number;
  readonly finished: number;
  readonly pass: ModelPass;
}
