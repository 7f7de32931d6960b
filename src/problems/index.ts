export type { Chat, ChatMessage, Prompt } from '../checkpoints/tokenizer.js';
export type { HubOptions } from '../hub/hub-options.js';
export type * from './domain.js';
export { mathematicsDomain } from './mathematics/domain.js';
export { type MathematicsSettings, mathematicsSettingsSchema } from './mathematics/settings.js';
export type * from './problem.js';
export {
  type AttemptOptions,
  attempt,
  hardSplit,
  type ScreenedProblem,
  type ScreeningOptions,
  screen,
} from './screening.js';
export type * from './sets/problem-set.js';
export { countReasons, readProblemSet } from './sets/read-problem-set.js';
export { programsDomain } from './world/domain.js';
export { hardCandidates, irrelevantQuestions, oraclePrograms, realPrograms } from './world/hard-set.js';
