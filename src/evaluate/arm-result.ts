/** What one unit of an evaluation, an (arm, seed), leaves behind: plain JSON with finite numbers, the same for the same seed. */
import type { Cost } from '../method/index.js';
import type { ArmName } from './settings.js';

export interface ArmResult {
  readonly arm: ArmName;
  /** From 0. */
  readonly seed: number;
  /** n: completions per held-out problem. */
  readonly samples: number;
  /** c: correct ones among them, [held-out problem]. */
  readonly successes: readonly number[];
  /** With the checkpoint rule `plateau`: c at each look, [look][problem], of which `successes` is the last; pass@k is their mean. */
  readonly looks?: readonly (readonly number[])[];
  /** Share of those completions that gave an answer in the asked form. */
  readonly answered: number;
  /** Questions that a teacher wrote for this training; 0 for an arm without. */
  readonly questions: number;
  /** Absent where the arm trains nothing. */
  readonly training?: TrainingCurve;
  readonly cost: Cost;
}

export interface TrainingCurve {
  /** Mean shaped reward, [step]. */
  readonly reward: readonly number[];
  /** Share of the step's completions that are correct, [step]; over what the arm trains on, so not comparable between arms. */
  readonly correct: readonly number[];
  /** Share with an answer in the asked form, [step]. */
  readonly answered: readonly number[];
  /** Share of held-out completions that are correct after so many steps, rising; empty when `evaluate.curve.every` is 0. */
  readonly heldOut: readonly { readonly step: number; readonly correct: number }[];
}
