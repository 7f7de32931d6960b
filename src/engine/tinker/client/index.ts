/** The protocol's client: `connect` opens a server, a server sessions, a session models and samplers. */
export type { CallReport, Observe, Patience } from './caller.js';
export { type CheckpointPath, checkpointPath, parseCheckpointPath } from './checkpoint-path.js';
export type { Notice, SessionOptions, TinkerClient } from './client.js';
export type { Clock } from './clock.js';
export { type ConnectOptions, connect } from './connect.js';
export type { CallOptions, Receipt, ServerConfig } from './connection.js';
export type { AdamSettings, TinkerModel } from './model.js';
export type { SampleOptions, Sampler } from './sampler.js';
export type { ModelOptions, TinkerSession } from './session.js';
export type { Loss } from './training-calls.js';
