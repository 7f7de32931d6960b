/** What an arm of an evaluation is: how a policy comes to be that then answers the held-out problems. One file per arm. */
import type { Policy } from '../../engine/engine.js';
import type { Batches, Cost, StudentSettings } from '../../method/index.js';
import type { Problem } from '../../problems/problem.js';
import type { Evaluation, EvaluationPlan } from '../evaluation.js';

export interface Arm {
  /** As tables and figures name it. */
  readonly title: string;
  /** One sentence: what it does and what it is there to tell. */
  readonly summary: string;
  /** It shows what an outer loop left: its teacher, its promotions. */
  readonly needsLoop?: true;
  /** Why it cannot be run here; undefined when it can. */
  missing(evaluation: EvaluationPlan): string | undefined;
  prepare(unit: ArmUnit): Promise<Preparation>;
}

export interface ArmUnit {
  readonly evaluation: Evaluation;
  /** The unit's own name, with its seed: the root of its random streams. */
  readonly name: string;
  /** The best promotion, from 0, where that was asked for. */
  readonly promoted?: number;
}

export interface Preparation {
  /** The receiver's to train and to release. */
  readonly policy: Policy;
  /** Absent when the policy answers as it is. */
  readonly training?: FreshTraining;
  /** Number of a teacher's questions in the training. */
  readonly questions: number;
  /** Spent so far, on questions sampled from a teacher. */
  readonly cost: Cost;
}

export interface FreshTraining {
  readonly batches: Batches<Problem>;
  readonly settings: StudentSettings;
  /** RLOO steps, in place of `evaluate.training.steps`. */
  readonly steps?: number;
}
