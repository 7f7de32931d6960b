export { createEmbeddedEngine } from './embedded/embedded-engine.js';
export type * from './engine.js';
export { createReferenceEngine } from './reference/reference-engine.js';
export { type EngineSettings, engineSettings, type InProcessSettings } from './settings.js';
export { openTinkerEngine } from './tinker/engine.js';
export { noJournal, type TinkerJournal, type TinkerRecord } from './tinker/journal.js';
export { loadUndone } from './tinker/probe/describe-profile.js';
export { type Probe, probeServer } from './tinker/probe/probe.js';
export { type TinkerSettings, tinkerSettings } from './tinker/settings.js';
