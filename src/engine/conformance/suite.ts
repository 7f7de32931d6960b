/**
 * What `engine/engine.ts` promises, asked of an engine through the seam alone. Every engine runs the same suite; a new one adds a
 * test file with one call of `describeEngine`.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '../engine.js';
import { describeGradients } from './gradients.js';
import { describeLogProbabilities } from './log-probabilities.js';
import { describeOptimizerSteps } from './optimizer-steps.js';
import { describePolicyLife } from './policy-life.js';
import { describeRefusals } from './refusals.js';
import { describeSampling } from './sampling.js';
import { type Open, writeTinyModels } from './tiny-model.js';

export function describeEngine(name: string, makeEngine: () => Engine): void {
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
    const open: Open = (model = 'untied', of = engine) => of.open({ folder: models.folder(model) });

    describeLogProbabilities(open);
    describeSampling(open);
    describeGradients(open);
    describeOptimizerSteps(open);
    describePolicyLife(open);
    describeRefusals(open, makeEngine);
  });
}
