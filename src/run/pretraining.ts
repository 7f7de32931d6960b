/** Pre-training of the world's base model through the engine seam: maximum likelihood on seeded documents. */
import { z } from 'zod';
import type { Policy } from '../engine/engine.js';
import { writeDocument } from '../problems/world/corpus.js';
import { corpusSettingsSchema } from '../problems/world/settings.js';
import { optimizerSchema, optimizerStep } from '../rl/optimizer.js';
import { randomStream } from '../rl/random.js';
import { learningRate, scheduleSchema } from '../rl/schedules.js';

export const pretrainSettingsSchema = z.strictObject({
  steps: z.int().min(1).default(7000).describe('Optimizer steps.'),
  documents: z.int().min(1).default(128).describe('Documents per step.'),
  corpus: corpusSettingsSchema.prefault({}).describe('What the documents are.'),
  optimizer: optimizerSchema({ beta1: 0.9, beta2: 0.98, weightDecay: 0.05, maxGradNorm: 1 }).prefault({}),
  schedule: scheduleSchema({ kind: 'cosine', learningRate: 4e-3, warmupSteps: 200, horizon: 'run', floor: 0 }).prefault(
    {},
  ),
});

export type PretrainSettings = z.output<typeof pretrainSettingsSchema>;

export interface PretrainProgress {
  readonly step: number;
  readonly steps: number;
  /** Mean negative log-likelihood per token, nats. */
  readonly loss: number;
  readonly tokens: number;
}

/** Trains the policy in place. Document d of step s comes from the stream of the seed alone. */
export async function pretrain(
  policy: Policy,
  settings: PretrainSettings,
  seed: string,
  onStep?: (progress: PretrainProgress) => void,
): Promise<void> {
  const { steps, documents, corpus, optimizer, schedule } = settings;
  const random = randomStream(`${seed}/corpus`);
  const texts = () => Array.from({ length: documents }, () => policy.tokenizer.encode(writeDocument(random, corpus)));
  let next = texts();
  for (let step = 0; step < steps; step++) {
    const tokens = next.reduce((sum, text) => sum + text.length - 1, 0);
    const sequences = next.map((text) => ({ tokens: text, promptLength: 1, advantage: 1, weight: 1 / tokens }));
    const rate = learningRate(schedule, step, steps);
    const update = policy.update({ objective: 'log-likelihood', sequences }, optimizerStep(optimizer, rate));
    // The next documents are written while the workers are busy.
    if (step + 1 < steps) next = texts();
    const { loss } = await update;
    onStep?.({ step, steps, loss, tokens });
  }
}
