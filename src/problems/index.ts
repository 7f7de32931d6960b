export type * from './domain.js';
export type * from './problem.js';
export { hardSplit, type ScreeningOptions, screen } from './screening.js';
export { programsDomain } from './world/domain.js';
export { hardCandidates, irrelevantQuestions, oraclePrograms } from './world/hard-set.js';
