export { createEmbeddedEngine } from './embedded/embedded-engine.js';
export type * from './engine.js';
export { type EngineSettings, engineSettings } from './settings.js';
