/**
 * What `engine/engine.ts` promises, asked of an engine through the seam alone. Every engine runs the same suite; a new one adds a
 * test file with one call of `describeEngine`.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { LoraShape } from '../../checkpoints/lora.js';
import type { Engine } from '../engine.js';
import { describeGradients } from './gradients.js';
import { describeLogProbabilities } from './log-probabilities.js';
import { describeOptimizerSteps } from './optimizer-steps.js';
import { describePolicyLife } from './policy-life.js';
import { describeRefusals } from './refusals.js';
import { describeSampling } from './sampling.js';
import { type Open, someAdapters, writeTinyModels } from './tiny-model.js';

/** @param lora the adapters that the engine trains, where it does not train all weights */
export function describeEngine(name: string, makeEngine: () => Engine, lora?: LoraShape): void {
  describe(`the ${name} engine`, () => {
    let engine: Engine;
    let models: Awaited<ReturnType<typeof writeTinyModels>>;
    beforeAll(async () => {
      models = await writeTinyModels();
      engine = makeEngine();
    });
    afterAll(async () => {
      await engine.close();
      await models.remove();
    });
    const open: Open = async (model = 'untied', of = engine) => {
      const policy = await of.open({ folder: models.folder(model) });
      if (lora) await policy.load(someAdapters(await policy.save()));
      return policy;
    };

    describeLogProbabilities(open);
    describeSampling(open);
    describeGradients(open, lora);
    describeOptimizerSteps(open);
    describePolicyLife(open, lora);
    describeRefusals(open, makeEngine);
  });
}
