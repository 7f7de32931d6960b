/**
 * What `engine/engine.ts` promises, asked of an engine through the seam alone. Every engine runs the same suite, less what needs a
 * capability that it does not declare; a new one adds a test file with one call of `describeEngine`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraShape } from '../../checkpoints/lora.js';
import type { Capabilities, Engine } from '../engine.js';
import { mixedBatch } from './batches.js';
import { describeGradients } from './gradients.js';
import { describeLogProbabilities } from './log-probabilities.js';
import { describeOptimizerSteps } from './optimizer-steps.js';
import { describePolicyLife } from './policy-life.js';
import { describeRefusals } from './refusals.js';
import { describeSampling } from './sampling.js';
import { type Open, someAdapters, type TinyModelName, tinyModelNames, writeTinyModels } from './tiny-model.js';

export interface EngineUnderTest {
  /** A new engine that can open the tiny model; its folder is given. */
  readonly make: (model: TinyModelName, folder: string) => Engine | Promise<Engine>;
  readonly capabilities: Capabilities;
  /** The adapters that the engine trains, where states are readable and it does not train all weights. */
  readonly lora?: LoraShape;
  /** An engine opens one model only; default: any. */
  readonly oneModelEach?: boolean;
  /** Those that there are; default: all. */
  readonly models?: readonly TinyModelName[];
  /** How far the same computation may come out apart, relative to numbers above 1, in a batch with others'; default: not at all. */
  readonly rounding?: number;
}

export function describeEngine(name: string, subject: EngineUnderTest): void {
  const { capabilities, lora, oneModelEach = false, models = tinyModelNames, rounding = 0 } = subject;
  if (rounding > 0) expect.addEqualityTesters([equalWithin(rounding)]);
  const lacking = Object.entries(capabilities).flatMap(([what, has]) => (has === false ? [what] : []));
  describe(`the ${name} engine${lacking.length > 0 ? `, without ${lacking.join(', ')}` : ''}`, () => {
    const engines = new Map<TinyModelName, Promise<Engine>>();
    let written: Awaited<ReturnType<typeof writeTinyModels>>;
    beforeAll(async () => {
      written = await writeTinyModels();
    });
    afterAll(async () => {
      await Promise.all([...engines.values()].map(async (engine) => (await engine).close()));
      await written.remove();
    });
    const make = async (model: TinyModelName) => subject.make(model, written.folder(model));
    const engineFor = (model: TinyModelName) => {
      const key = oneModelEach ? model : 'untied';
      const engine = engines.get(key) ?? make(key);
      engines.set(key, engine);
      return engine;
    };
    const open: Open = async (model = 'untied', of) => {
      const policy = await (of ?? (await engineFor(model))).open({ folder: written.folder(model) });
      if (lora) await policy.load(someAdapters(await policy.save()));
      // Away from the base model by training, where weights cannot be set.
      else if (!capabilities.readableStates) await policy.update(await mixedBatch(policy, 'log-likelihood', 0), away);
      return policy;
    };

    it('declares what it can do', async () => {
      expect((await engineFor('untied')).capabilities).toEqual(capabilities);
    });
    describeLogProbabilities(open, models);
    describeSampling(open, capabilities, models);
    describeGradients(open, capabilities, lora);
    describeOptimizerSteps(open, capabilities, lora);
    describePolicyLife(open, capabilities);
    describeRefusals(open, () => make('untied'), capabilities, models);
  });
}

/** For `toEqual`: numbers and arrays of single precision are equal when they are this near; all else as ever. */
function equalWithin(rounding: number) {
  const near = (a: number, b: number) => Math.abs(a - b) <= rounding * Math.max(1, Math.abs(a));
  return (a: unknown, b: unknown): boolean | undefined => {
    if (typeof a === 'number' && typeof b === 'number') return near(a, b) || undefined;
    if (!(a instanceof Float32Array && b instanceof Float32Array)) return undefined;
    return a.length === b.length && a.every((value, i) => near(value, b[i] as number));
  };
}

const away = { learningRate: 0.05, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };
