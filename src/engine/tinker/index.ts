/** The Tinker training protocol for TypeScript, usable on its own: `soar-rl/tinker`. */
export * from './client/index.js';
export * from './wire/index.js';
