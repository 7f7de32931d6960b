/**
 * The plain data that a run's report is made of. `run/` fills it from the run folder; this room turns it into text and
 * knows nothing of files. JSON-safe. Everything that a model wrote is in `question` and `answer` and is escaped at output.
 */
import type { ArmResult } from '../evaluate/arm-result.js';
import type { EvaluateSettings } from '../evaluate/settings.js';

export interface RunReportData {
  readonly name: string;
  /** `stopped`: by hand or by an error, can be resumed. */
  readonly state: 'running' | 'stopped' | 'finished';
  /** Label and value, in order, shown at the top: preset, model, seed, engine, workers, machine... */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** tau, and the moving average's window in steps. */
  readonly threshold: number;
  readonly window: number;
  /** In order. */
  readonly steps: readonly StepReport[];
  /** The teacher's questions at each stage: before the first promotion, after it, ... In order. */
  readonly stages: readonly StageReport[];
  /** D_best by promotion, in order. */
  readonly promotionQuestions: readonly PromotionReport[];
  readonly evaluation?: EvaluationReport;
  /** Where tokens, time and money went. */
  readonly spending: SpendingReport;
  /** The resolved config as YAML. */
  readonly config: string;
}

export interface StepReport {
  /** From 1, as people count and the terminal shows. */
  readonly step: number;
  /** Rhat_t, the mean over datasets. */
  readonly stepMean: number;
  /** Rbar_t, as compared with the threshold. */
  readonly movingAverage: number;
  /** R_k, [dataset]; a dataset's students reached baselineAccuracy + R_k. */
  readonly datasetRewards: readonly number[];
  /** Of the baseline that the step started from, on its reward questions, in [0, 1]. */
  readonly baselineAccuracy: number;
  /** Share of the teacher's completions that were accepted. */
  readonly validRate: number;
  /** Accepted proposals by kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly promoted: boolean;
}

export interface StageReport {
  /** Promotions before it: 0 is the stage before the first. */
  readonly promotions: number;
  /** First and last outer step of the stage, from 1. */
  readonly steps: readonly [first: number, last: number];
  /** A few of the stage's accepted proposals (about 12 is a good number), drawn by a seeded stream. */
  readonly samples: readonly QuestionReport[];
}

export interface QuestionReport {
  readonly question: string;
  /** The teacher's own; may be wrong. */
  readonly answer: string;
  readonly kind: string;
}

export interface PromotionReport {
  /** The outer step that promoted, from 1. */
  readonly step: number;
  /** Of the promoted student on that step's reward questions. */
  readonly accuracy: number;
  readonly questions: readonly QuestionReport[];
}

export interface EvaluationReport {
  readonly results: readonly ArmResult[];
  /** Arms that were asked for and could not be run, with the reason. */
  readonly skipped: readonly { readonly arm: string; readonly reason: string }[];
  readonly settings: Pick<EvaluateSettings, 'ks' | 'bootstrap'>;
}

export interface SpendingReport {
  /** A row per part of the run, in order. */
  readonly parts: readonly LedgerRow[];
  /** A row per role that did something. */
  readonly roles: readonly RoleRow[];
  /** The money that prices are in. */
  readonly unit: string;
  /** Absent without prices. */
  readonly bill?: {
    readonly unit: string;
    readonly money: number;
    /** Null where tokens are paid. */
    readonly gpuHours: number | null;
    /** For the whole run; what it cost when it is finished. */
    readonly projected: number;
    readonly finished: boolean;
  };
}

interface TokenCounts {
  /** Prompts, once for their group, and what was scored. */
  readonly tokensRead: number;
  /** Prompts for the rest of their group. */
  readonly tokensCached: number;
  readonly tokensSampled: number;
  /** Completion tokens that entered a gradient. */
  readonly tokensTrained: number;
  /** Null without prices, and for a role where GPUs are paid by the clock, which roles share. */
  readonly money: number | null;
}

export interface LedgerRow extends TokenCounts {
  readonly part: string;
  /** Wall-clock seconds; parts that ran side by side may overlap. */
  readonly seconds: number;
}

export interface RoleRow extends TokenCounts {
  readonly role: string;
  readonly completions: number;
  /** Seconds from asking the engine to its answer, summed over calls. */
  readonly waited: number;
}
