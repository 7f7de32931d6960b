/** Named starting points: only what differs from the schema's defaults, which are the paper's Table 3. */
import type { z } from 'zod';
import type { configSchema } from './config.js';

export const presetNames = ['programs', 'smoke', 'paper'] as const;
export type PresetName = (typeof presetNames)[number];

type Preset = Omit<z.input<typeof configSchema>, 'preset' | 'name' | 'seed'>;

/** The main job: the built-in world in minutes on two cores (docs/results.md says what it was tuned for). */
const programs: Preset = {
  soar: {
    outerSteps: 12,
    datasets: 16,
    datasetSize: 16,
    repeats: 1,
    teacher: {
      sampling: { maxNewTokens: 64 },
      minimalRewardSpread: 0.003,
      kl: { coefficient: 0 },
      optimizer: { beta1: 0.9, beta2: 0.98, maxGradNorm: 1 },
      schedule: { kind: 'constant', learningRate: 1e-3, warmupSteps: 0 },
    },
    student: {
      promptsPerStep: 16,
      groupSize: 16,
      sampling: { maxNewTokens: 64 },
      kl: { coefficient: 0 },
      optimizer: { beta1: 0.9, beta2: 0.95, maxGradNorm: 1 },
      schedule: { kind: 'constant', learningRate: 1e-3, warmupSteps: 0 },
    },
    inner: { steps: 10, stepsPerPromotion: 0, maximumSteps: 10 },
    reward: { questions: 64, decoding: 'sampled', samplesPerQuestion: 16 },
    promotion: { threshold: 0.01, window: 3 },
    stop: { baselineAccuracy: 0.25 },
  },
};

/** The whole path in seconds: too small to show the effect, large enough to meet every part. */
const smoke: Preset = {
  ...programs,
  soar: {
    ...programs.soar,
    outerSteps: 3,
    datasets: 4,
    datasetSize: 8,
    student: { ...programs.soar?.student, promptsPerStep: 8, groupSize: 8 },
    inner: { steps: 3, stepsPerPromotion: 0, maximumSteps: 3 },
    reward: { questions: 16, decoding: 'sampled', samplesPerQuestion: 4 },
    promotion: { threshold: -1, window: 2 },
  },
};

export const presets: Readonly<Record<PresetName, Preset>> = { programs, smoke, paper: {} };
