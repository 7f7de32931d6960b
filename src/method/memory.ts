/**
 * The port through which an outer step remembers what is already done, so that a finished unit is never done twice.
 * The method only calls it; `run/` makes it durable. A `record…` call that has resolved is durable.
 *
 * One memory stands for one outer step: a unit recorded at step t is not seen at step t + 1. The baseline's accuracies are
 * the exception: they live as long as the baseline, so keep them under the number of promotions in the `SoarState` that the
 * step was called with. A step that promotes leaves them as they are; the next one, called with one promotion more, starts
 * without any. (A crash after the promotion and before the snapshot then redoes the step against the right baseline.)
 * What was recorded is given back as it was: proposals carry the token ids and float32 log-probabilities of the
 * teacher's gradient, and a resumed step must send the same bytes to the engine.
 */
import type { PolicyState, Tokens } from '../engine/engine.js';
import type { Cost } from './cost.js';

/** One accepted question-answer pair of the teacher, with what its policy gradient needs. */
export interface Proposal extends Turn {
  readonly question: string;
  readonly answer: string;
  readonly kind: string;
  /** The second turn, where question and answer were written in two; `tokens` is then the first. */
  readonly answerTurn?: Turn;
}

/** What the teacher wrote in one go. */
export interface Turn {
  readonly tokens: Tokens;
  /** Of the teacher that wrote it, [length of tokens]. */
  readonly logprobs: Float32Array;
}

export interface ProposalRecord {
  /** g*n accepted proposals in the order sampled; dataset k is [k*n, (k+1)*n). */
  readonly proposals: readonly Proposal[];
  /** Completions sampled in all: accepted, rejected, and accepted beyond the g*n that were needed. */
  readonly sampled: number;
  /** Of all of them. */
  readonly tokensSampled: number;
  /** Rejected ones by reason; (sampled - their sum) / sampled is the valid rate. */
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
  /** One row per inner RLOO step: mean shaped reward, share correct, completion tokens sampled. */
  readonly steps: readonly { readonly reward: number; readonly correct: number; readonly tokens: number }[];
  /** Of the inner run and the examination. */
  readonly cost: Cost;
}

export interface StepMemory {
  proposals(): ProposalRecord | undefined;
  recordProposals(record: ProposalRecord): Promise<void>;
  /** Accuracy of the current baseline by question id, measured once in a baseline's life (method.md 8). */
  baselineAccuracy(): ReadonlyMap<string, number>;
  /** Adds to them; `cost` is that of measuring these. */
  recordBaselineAccuracy(found: ReadonlyMap<string, number>, cost: Cost): Promise<void>;
  study(dataset: number, repeat: number): StudyRecord | undefined;
  /**
   * Durable together: the record and the student's weights, where the study trained one. Called side by side for different studies.
   */
  recordStudy(record: StudyRecord, student?: PolicyState): Promise<void>;
  /** The weights of a recorded study of this step. Asked for at most once per step, for the promoted student. */
  student(dataset: number, repeat: number): Promise<PolicyState>;
}
