/**
 * The port through which an outer step remembers what is already done, so that a finished unit is never done twice.
 * The method only calls it; `run/` makes it durable. A `record…` call that has resolved is durable.
 */
import type { PolicyState, Tokens } from '../engine/engine.js';

/** One accepted question-answer pair of the teacher, with what its policy gradient needs. */
export interface Proposal {
  readonly question: string;
  readonly answer: string;
  readonly kind: string;
  /** The completion that said it. */
  readonly tokens: Tokens;
  readonly logprobs: Float32Array;
}

export interface ProposalRecord {
  /** g*n accepted proposals in the order sampled; dataset k is [k*n, (k+1)*n). */
  readonly proposals: readonly Proposal[];
  /** Completions sampled in all, accepted or not. */
  readonly sampled: number;
  /** Rejected ones by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Ids of the reward questions Q_R, drawn once per step. */
  readonly rewardQuestions: readonly string[];
}

/** The outcome of one inner run: dataset k studied by repeat j. */
export interface StudyRecord {
  readonly dataset: number;
  readonly repeat: number;
  /** Accuracy of the trained student on Q_R, in [0, 1]. */
  readonly accuracy: number;
  /** R_{k,j} = accuracy - baseline accuracy (method.md 1.3.3). */
  readonly reward: number;
  /** One row per inner RLOO step: mean shaped reward, share correct. */
  readonly steps: readonly { readonly reward: number; readonly correct: number; readonly tokens: number }[];
}

export interface StepMemory {
  proposals(): ProposalRecord | undefined;
  recordProposals(record: ProposalRecord): Promise<void>;
  /** Accuracy of the current baseline by question id (deterministic: see method.md 8); grows within a baseline's life. */
  baselineAccuracy(): ReadonlyMap<string, number>;
  recordBaselineAccuracy(found: ReadonlyMap<string, number>): Promise<void>;
  study(dataset: number, repeat: number): StudyRecord | undefined;
  /** Durable together: the record and the student's weights. */
  recordStudy(record: StudyRecord, student: PolicyState): Promise<void>;
  /** The weights of a recorded study of this step. */
  student(dataset: number, repeat: number): Promise<PolicyState>;
}
