/** Reinforcement-learning arithmetic that knows no model, file or clock. */
export { type AdvantageKind, leaveOneOutAdvantages } from './advantages.js';
export { klShapedReward, sequenceKl } from './kl-reward.js';
export { type OptimizerSettings, optimizerSchema, optimizerStep } from './optimizer.js';
export { type RandomStream, randomStream, randomStreamFromState } from './random.js';
export { learningRate, type Schedule, scheduleSchema } from './schedules.js';
