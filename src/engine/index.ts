export { createEmbeddedEngine } from './embedded/embedded-engine.js';
export type { Workload } from './embedded/memory.js';
export type * from './engine.js';
export { createReferenceEngine } from './reference/reference-engine.js';
export { type EngineSettings, engineSettings } from './settings.js';
