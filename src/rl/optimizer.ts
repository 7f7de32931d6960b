/** AdamW's settings as a config section, and the optimizer step (the engine seam's `OptimizerStep`) made of them. Pure. */
import { z } from 'zod';

const fields = z.strictObject({
  beta1: z.number().min(0).lt(1).describe('AdamW: decay of the first moment.'),
  beta2: z.number().min(0).lt(1).describe('AdamW: decay of the second moment.'),
  epsilon: z.number().gt(0).describe("AdamW: added to the second moment's root."),
  weightDecay: z.number().min(0).describe('AdamW: decoupled weight decay, multiplied by the learning rate.'),
  maxGradNorm: z.number().min(0).describe('Clips the global gradient norm to this; 0 leaves gradients as they are.'),
});

export type OptimizerSettings = z.output<typeof fields>;

/** The paper says AdamW and no more (method.md 1.2): the usual betas, and neither decay nor clipping that it does not name. */
const usual: OptimizerSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };

/** The schema with a section's own defaults. */
export function optimizerSchema(defaults: Partial<OptimizerSettings> = {}) {
  const d = { ...usual, ...defaults };
  return z.strictObject({
    beta1: fields.shape.beta1.default(d.beta1),
    beta2: fields.shape.beta2.default(d.beta2),
    epsilon: fields.shape.epsilon.default(d.epsilon),
    weightDecay: fields.shape.weightDecay.default(d.weightDecay),
    maxGradNorm: fields.shape.maxGradNorm.default(d.maxGradNorm),
  });
}

export function optimizerStep(
  settings: OptimizerSettings,
  learningRate: number,
): OptimizerSettings & { readonly learningRate: number } {
  return { ...settings, learningRate };
}
