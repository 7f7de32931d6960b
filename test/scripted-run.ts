/**
 * A whole run without a model: policies whose texts follow from their weights and seeds, and whose weights follow from all
 * that they were trained on, so that a result differs if anything on the way did.
 */
import type { TrainingBatch } from '../src/engine/engine.js';
import type { Problem } from '../src/problems/problem.js';
import { randomStream } from '../src/rl/random.js';
import { configSchema, type RunConfig } from '../src/run/config/config.js';
import { openLedger } from '../src/run/ledger.js';
import type { Workbench } from '../src/run/workbench.js';
import { type Asked, type Call, plainDomain, ScriptedPolicy } from './method/scripted.js';

export function scriptedConfig(changes: object = {}): RunConfig {
  return configSchema.parse({
    seed: 5,
    name: 'scripted',
    soar: {
      outerSteps: 2,
      datasets: 2,
      datasetSize: 2,
      repeats: 2,
      student: { promptsPerStep: 2, groupSize: 2 },
      inner: { steps: 1, stepsPerPromotion: 1, maximumSteps: 2 },
      reward: { questions: 3, decoding: 'sampled', samplesPerQuestion: 2 },
      promotion: { window: 1, threshold: -1 },
    },
    evaluate: {
      arms: ['base', 'hard-only', 'grounded-t', 'pq', 'ps'],
      seeds: 1,
      ks: [1, 2],
      samplesPerProblem: 2,
      training: { steps: 2, promptsPerStep: 2, groupSize: 2, warmupSteps: 0 },
      questions: { sampled: 2 },
      bootstrap: { resamples: 100 },
    },
    ...changes,
  });
}

const problem = (i: number): Problem => ({ id: `h${i}`, question: `h${i}`, gold: '1', source: 'test' });

/** Everything the method asked of the policies is noted in `calls`. */
export async function scriptedBench(calls: Call[] = []): Promise<Workbench> {
  const ledger = openLedger();
  const script = { complete, learn };
  const scripted = new ScriptedPolicy('base', script, calls);
  scripted.weights = new Float32Array([0.25, -0.5, 0.75]);
  const capabilities = {
    klLoss: true,
    snapshots: true,
    fullFineTuning: true,
    topP: true,
    topK: true,
    stopStrings: true,
    maxPolicies: Number.POSITIVE_INFINITY,
    trainableForks: true,
    fixedOptimizer: {},
    readableStates: true,
    seededSampling: true,
    exactMetrics: true,
  };
  const engine = ledger.engine({
    name: 'scripted',
    capabilities,
    open: async () => scripted,
    close: async () => undefined,
  });
  const base = await engine.open({ folder: '' });
  const candidates = Array.from({ length: 8 }, (_, i) => problem(i));
  return {
    engine,
    base,
    model: 'a model',
    plan: { reference: true, concurrentStudies: 3 },
    domain: ledger.domain(plainDomain),
    ledger,
    candidates,
    realProblems: [],
    findHardProblems: async (progress) => {
      progress(8, 8);
      return { train: candidates.slice(0, 4), test: candidates.slice(4), screened: 8, attempts: 128 };
    },
    close: () => engine.close(),
  };
}

function complete({ prompt, index, options, weights }: Asked): string {
  const random = randomStream(`${options.seed}/${prompt}/${index}/${[...weights]}`);
  const answer = random.integer(2);
  if (prompt !== '>') return `because=${answer}.`;
  return random.integer(4) === 0 ? 'nothing of use' : `${'abc'[random.integer(3)]}${random.integer(1000)}|${answer}.`;
}

function learn(weights: Float32Array, batch: TrainingBatch): void {
  const seen = JSON.stringify(batch.sequences.map(({ tokens, advantage }) => [[...tokens], advantage]));
  const random = randomStream(seen);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.fround(weights[i] / 2 + random.float() - 0.5);
}
