/** SOAR as a library: a run from a config, and what it tells while it goes on. The parts stand under `soar-rl/method` and so on. */
export { SoarError } from './errors.js';
export { type ConfigRequest, type RunConfig, resolveConfig } from './run/config/config.js';
export type { Listener, RunEvent } from './run/events.js';
export type { ExportRequest } from './run/export/choice.js';
export { type Exported, exportRun } from './run/export/export.js';
export type { Cost } from './run/ledger.js';
export type { RunResults } from './run/results.js';
export { type FinishedRun, type RunOptions, resumeRun, startRun } from './run/run.js';
export { type RunPaths, runPaths } from './run/run-folder.js';
export type { HardSet, Workbench } from './run/workbench.js';
