/** SOAR itself, over an engine, a domain and a memory that the caller brings. */
export { type Asking, type Attempt, writeProposals } from './attempts.js';
export { type Cost, costOfAnswers, costOfTraining, noCost, sumCosts } from './cost.js';
export { type Batches, curriculumBatches, epochBatches, mixedBatches } from './epoch-batches.js';
export { type InnerRun, innerRun, innerSteps } from './inner-run.js';
export type { Proposal, ProposalRecord, StepMemory, StudyRecord, Turn } from './memory.js';
export { countKinds, type OuterStepOutcome, outerStep, type Promotion, type Soar, validRate } from './outer-step.js';
export { checkPromotion, chooseStudent, type PromotedStudent, type PromotionCheck } from './promotion.js';
export { type ProposalRequest, partition, proposedProblems, sampleProposals } from './proposal.js';
export { type EnginePlan, planEngine } from './requirements.js';
export { accuracyByQuestion, baselineAccuracy, type Examination, examine } from './reward/accuracy.js';
export { type DatasetRewards, datasetRewards } from './reward/dataset-reward.js';
export { drawRewardQuestions } from './reward/reward-questions.js';
export { studentReward } from './reward/student-reward.js';
export { type RlooStepMetrics, type RlooTraining, rlooTrain } from './rloo-training.js';
export { greedyOptions, samplingOptions } from './sampling.js';
export {
  type KlSettings,
  type PromotionSettings,
  type RewardSettings,
  type SamplingSettings,
  type ShapedReward,
  type SoarSettings,
  type StudentSettings,
  soarSettingsSchema,
  type TeacherSettings,
} from './settings.js';
export { initialState, type PromotionMark, type SoarState } from './state.js';
export { type TeacherUpdate, type TeacherUpdateRequest, updateTeacher } from './teacher-update.js';
export { transientMemory } from './transient-memory.js';
