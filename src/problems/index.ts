export type { HubOptions } from '../hub/hub-options.js';
export type * from './domain.js';
export type * from './problem.js';
export { hardSplit, type ScreeningOptions, screen } from './screening.js';
export type * from './sets/problem-set.js';
export { programsDomain } from './world/domain.js';
export { hardCandidates, irrelevantQuestions, oraclePrograms } from './world/hard-set.js';
