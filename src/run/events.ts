/**
 * What a run tells while it goes on: the one stream that terminal, JSON lines and a live view read. Plain JSON.
 * Telling changes nothing: a run without a listener makes the same files.
 */
import type { Recovered } from '../engine/index.js';
import type { RunningBill } from './bill/running-bill.js';
import type { Cost } from './ledger.js';

export type RunEvent =
  | {
      readonly event: 'started';
      readonly name: string;
      readonly folder: string;
      readonly resumed: boolean;
      readonly preset: string;
      readonly seed: number;
      /** Most outer steps; a step reached before by a resumed run. */
      readonly outerSteps: number;
      readonly step: number;
      readonly arms: readonly string[];
      /** Evaluation units in all, and done before. */
      readonly evaluations: number;
      readonly evaluated: number;
      /** Student and teacher completions that an outer step and an evaluation unit take: what the time goes into. */
      readonly completions: { readonly outerStep: number; readonly evaluation: number };
    }
  /** Adapters that a dead process left on a service were freed; so many optimizer steps, of so many tokens, died with them and are made again. */
  | ({ readonly event: 'recovered' } & Recovered)
  /** About once a second: all that was spent so far. */
  | { readonly event: 'pulse'; readonly seconds: number; readonly cost: Cost; readonly bill?: RunningBill }
  | { readonly event: 'screening'; readonly done: number; readonly of: number }
  | {
      readonly event: 'hard-set';
      readonly screened: number;
      readonly attempts: number;
      readonly train: number;
      readonly test: number;
    }
  | { readonly event: 'step-started'; readonly step: number; readonly promotions: number; readonly studies: number }
  | {
      readonly event: 'proposed';
      readonly step: number;
      readonly validRate: number;
      readonly kinds: Readonly<Record<string, number>>;
    }
  /** Inner RLOO steps done, over all studies of the step. */
  | { readonly event: 'studying'; readonly step: number; readonly done: number; readonly of: number }
  | {
      readonly event: 'studied';
      readonly step: number;
      readonly dataset: number;
      readonly repeat: number;
      readonly reward: number;
      readonly done: number;
      readonly of: number;
    }
  | {
      readonly event: 'step';
      readonly step: number;
      readonly reward: number;
      readonly movingAverage: number;
      readonly threshold: number;
      readonly best: number;
      readonly baselineAccuracy: number;
      readonly validRate: number;
      readonly kinds: Readonly<Record<string, number>>;
      /** Promotions so far, and whether this step was one. */
      readonly promotions: number;
      readonly promoted: boolean;
      /** Why the loop ends here; null while it goes on. */
      readonly finished: string | null;
      readonly seconds: number;
      readonly cost: Cost;
      /** Of the whole run so far; absent without `prices`. */
      readonly bill?: RunningBill;
    }
  | {
      readonly event: 'evaluating';
      readonly unit: string;
      readonly step: number;
      readonly of: number;
      /** Share of this step's completions that are correct. */
      readonly correct: number;
    }
  | {
      readonly event: 'evaluated';
      readonly unit: string;
      /** Share of held-out completions that are correct. */
      readonly correct: number;
      readonly done: number;
      readonly of: number;
      readonly seconds: number;
    }
  | {
      readonly event: 'finished';
      readonly folder: string;
      readonly seconds: number;
      readonly cost: Cost;
      readonly bill?: RunningBill;
    };

export type Listener = (event: RunEvent) => void;
