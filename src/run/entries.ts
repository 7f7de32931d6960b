/**
 * What a journal entry can be, one kind per unit of work, and the history that a list of them amounts to. A unit that is in
 * the history is never done again. Pure.
 */
import type { ArmResult } from '../evaluate/index.js';
import type { Cost, ProposalRecord, SoarState, StudyRecord } from '../method/index.js';
import { initialState, noCost, sumCosts } from '../method/index.js';
import type { Problem } from '../problems/problem.js';
import { decodeProposals, type StoredProposals } from './stored-proposals.js';

/** What a run is bound to; resuming with anything else is refused. */
export interface RunIdentity {
  /** Of the entries' form. */
  readonly version: 1;
  /** SHA-256 of the resolved config, without what changes no result. */
  readonly config: string;
  /** SHA-256 of the base model's weights. */
  readonly model: string;
}

export interface HardSetEntry {
  readonly unit: 'hard-set';
  readonly train: readonly Problem[];
  readonly test: readonly Problem[];
  /** Candidates screened, and attempts at each. */
  readonly screened: number;
  readonly attempts: number;
}

export interface PromotionRecord {
  readonly dataset: number;
  readonly repeat: number;
  readonly accuracy: number;
  /** X_{k*}: the next part of the promotion questions. */
  readonly questions: readonly Problem[];
  /** Snapshot id of the promoted student. */
  readonly student: string;
}

/** Closes an outer step: everything it led to is durable. */
export interface OuterStepEntry {
  readonly unit: 'outer-step';
  readonly step: number;
  readonly stepMean: number;
  readonly movingAverage: number;
  readonly baselineAccuracy: number;
  /** R_k, [dataset]. */
  readonly datasetRewards: readonly number[];
  readonly validRate: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly teacher: {
    readonly skipped: boolean;
    readonly rewardSpread: number;
    readonly learningRate: number;
    readonly gradNorm: number | null;
    readonly entropy: number | null;
    /** Tokens of the update's gradient. */
    readonly tokensTrained: number;
    /** Snapshot id of weights and optimizer after the update. */
    readonly snapshot: string;
  };
  readonly promotion?: PromotionRecord;
  readonly state: SoarState;
}

export type RunEntry =
  | { readonly unit: 'run'; readonly identity: RunIdentity }
  | HardSetEntry
  | { readonly unit: 'proposals'; readonly step: number; readonly record: StoredProposals }
  | {
      readonly unit: 'baseline-accuracy';
      readonly step: number;
      /** Promotions before it: names the baseline. */
      readonly promotions: number;
      readonly found: readonly (readonly [question: string, accuracy: number])[];
      /** Of measuring them. */
      readonly cost: Cost;
    }
  | {
      readonly unit: 'study';
      readonly step: number;
      readonly record: StudyRecord;
      /** SHA-256 of the student's file; absent when the study trained none. */
      readonly student?: string;
    }
  | OuterStepEntry
  /** Greedy accuracy of each promotion's student on the hard training problems. */
  | { readonly unit: 'promoted-accuracies'; readonly accuracies: readonly number[] }
  | { readonly unit: 'evaluation'; readonly result: ArmResult };

/** What is known of one step while it is open. */
export interface OpenStep {
  proposals?: ProposalRecord;
  /** By `studyKey`. */
  readonly studies: Map<string, { readonly record: StudyRecord; readonly student?: string }>;
}

export interface History {
  identity?: RunIdentity;
  hardSet?: HardSetEntry;
  /** Closed steps, in order. */
  readonly steps: OuterStepEntry[];
  /** Of the step after them. */
  open: OpenStep;
  /** By number of promotions: accuracy by question. */
  readonly baselineAccuracy: Map<number, Map<string, number>>;
  promotedAccuracies?: readonly number[];
  /** By `evaluationKey`. */
  readonly evaluations: Map<string, ArmResult>;
}

export const studyKey = (dataset: number, repeat: number) => `${dataset}-${repeat}`;
export const evaluationKey = (arm: string, seed: number) => `${arm}-${seed}`;

export function historyOf(entries: readonly RunEntry[]): History {
  const history: History = {
    steps: [],
    open: { studies: new Map() },
    baselineAccuracy: new Map(),
    evaluations: new Map(),
  };
  for (const entry of entries) addToHistory(history, entry);
  return history;
}

export function addToHistory(history: History, entry: RunEntry): void {
  switch (entry.unit) {
    case 'run':
      history.identity = entry.identity;
      return;
    case 'hard-set':
      history.hardSet = entry;
      return;
    case 'proposals':
      history.open.proposals = decodeProposals(entry.record);
      return;
    case 'baseline-accuracy': {
      const known = history.baselineAccuracy.get(entry.promotions) ?? new Map();
      for (const [question, accuracy] of entry.found) known.set(question, accuracy);
      history.baselineAccuracy.set(entry.promotions, known);
      return;
    }
    case 'study': {
      const { dataset, repeat } = entry.record;
      history.open.studies.set(studyKey(dataset, repeat), entry);
      return;
    }
    case 'outer-step':
      history.steps.push(entry);
      history.open = { studies: new Map() };
      return;
    case 'promoted-accuracies':
      history.promotedAccuracies = entry.accuracies;
      return;
    case 'evaluation':
      history.evaluations.set(evaluationKey(entry.result.arm, entry.result.seed), entry.result);
  }
}

export function stateOf(history: History): SoarState {
  return history.steps.at(-1)?.state ?? initialState();
}

export function promotionsOf(history: History): PromotionRecord[] {
  return history.steps.flatMap((step) => step.promotion ?? []);
}

/**
 * What the outer loop took, by what its units say: stops, and what was done again after them, change nothing. Without the search for the
 * hard problems and the evaluation.
 */
export function costOf(entries: readonly RunEntry[]): Cost {
  return sumCosts(
    entries.map((entry) => {
      switch (entry.unit) {
        case 'proposals':
          return { ...noCost, tokensSampled: entry.record.tokensSampled };
        case 'baseline-accuracy':
          return entry.cost;
        case 'study':
          return entry.record.cost;
        case 'outer-step':
          return { ...noCost, tokensTrained: entry.teacher.tokensTrained };
        default:
          return noCost;
      }
    }),
  );
}
