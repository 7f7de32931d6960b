/** Evaluation: arms over the method's own training, pass@k, intervals, and the rows of a table. */
export type { ArmResult, TrainingCurve } from './arm-result.js';
export { type ArmProgress, runArmUnit } from './arm-unit.js';
export { arms } from './arms/index.js';
export { type ColdStart, coldStart, type ScreenedOutcome } from './cold-start.js';
export {
  type Evaluation,
  type EvaluationMemory,
  type EvaluationOutcome,
  evaluateArms,
  type PolicySource,
  planEvaluation,
  type SkippedArm,
} from './evaluation.js';
export { bootstrapDifference, bootstrapMean, type Interval, type Outcomes, wilson } from './intervals.js';
export { type OverProblems, passAtK, passAtKOverProblems, shareCorrect } from './pass-at-k.js';
export { type PermutationTest, permutationTest } from './permutation.js';
export { seedsToTell } from './power.js';
export { type ArmName, armNames, type EvaluateSettings, evaluateSettingsSchema } from './settings.js';
export { type ArmSummary, type Difference, type Estimate, type EvaluationSummary, summarize } from './summary.js';
