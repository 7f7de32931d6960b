/** The Tinker training protocol for TypeScript, usable on its own: `soar-rl/tinker`. */
export * from './wire/index.js';
