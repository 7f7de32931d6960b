/** Named starting points: only what differs from the schema's defaults, which are the paper's Table 3. */
import type { z } from 'zod';
import type { configSchema } from './config.js';

export const presetNames = ['programs', 'programs-ablations', 'smoke', 'paper', 'paper-small'] as const;
export type PresetName = (typeof presetNames)[number];

type Preset = Omit<z.input<typeof configSchema>, 'preset' | 'name' | 'seed'>;

const teacher = {
  // A textbook program of ten operations, worked carefully, is 111 characters long.
  sampling: { maxNewTokens: 112 },
  minimalRewardSpread: 0.01,
  kl: { coefficient: 0 },
  optimizer: { beta1: 0.9, beta2: 0.98, maxGradNorm: 1 },
  schedule: { kind: 'constant', learningRate: 1e-3, warmupSteps: 0 },
} as const;

const student = {
  promptsPerStep: 16,
  groupSize: 16,
  // A careful answer to nine operations is 81 characters long.
  sampling: { maxNewTokens: 96 },
  kl: { coefficient: 0 },
  optimizer: { beta1: 0.9, beta2: 0.95, maxGradNorm: 1 },
  schedule: { kind: 'constant', learningRate: 1e-3, warmupSteps: 0 },
} as const;

/** The main job: the built-in world in minutes on two cores. */
const programs: Preset = {
  soar: {
    outerSteps: 32,
    datasets: 16,
    datasetSize: 16,
    repeats: 1,
    teacher,
    student,
    inner: { steps: 10, stepsPerPromotion: 0, maximumSteps: 10 },
    reward: { questions: 64, decoding: 'sampled', samplesPerQuestion: 8 },
    promotion: { threshold: 0.03, window: 3 },
    stop: { baselineAccuracy: 0.1 },
  },
  evaluate: {
    arms: ['base', 'hard-only', 'base-t', 'grounded-t', 'pq', 'ps'],
    seeds: 12,
    training: { steps: 50, warmupSteps: 0 },
    questions: { mode: 'mixed', mixing: 'half', sampled: 'as-promoted' },
    curve: { every: 10, samplesPerProblem: 4 },
  },
  study: {
    teachers: 12,
    stepsWithoutPromotion: 16,
    rows: [
      'base',
      'hard-only',
      'hard-only-x4',
      'hard-only-long',
      'base-t',
      'intrinsic-t',
      'grounded-t',
      'grounded-t-no-promotion',
      'frozen-pq',
      'pq',
      'pq-correct',
      'pq-well-posed',
      'ps',
      'teacher-solver',
      'real',
      'real-all',
      'base-transfer',
      'hard-only-transfer',
      'pq-transfer',
    ],
  },
};

const pqOf = (loop: string, title: string) => ({ title, arm: 'pq' as const, loop });

/** One change at a time to the loop of `programs`; every row is PQ of that loop. */
const ablations: Preset = {
  ...programs,
  study: {
    teachers: 6,
    rows: [
      'hard-only',
      'pq',
      'pq-n8',
      'pq-n32',
      'pq-tau-low',
      'pq-tau-high',
      'pq-window-1',
      'pq-window-5',
      'pq-r2',
      'grounded-t',
      'grounded-t-8',
      'grounded-t-64',
      'grounded-t-no-promotion',
      'grounded-t-multi-turn',
      'pq-multi-turn',
    ],
    loops: {
      n8: { 'soar.datasetSize': 8, 'soar.student.promptsPerStep': 8 },
      n32: { 'soar.datasetSize': 32 },
      'tau-low': { 'soar.promotion.threshold': 0.015 },
      'tau-high': { 'soar.promotion.threshold': 0.045 },
      'window-1': { 'soar.promotion.window': 1 },
      'window-5': { 'soar.promotion.window': 5 },
      r2: { 'soar.repeats': 2, 'soar.datasets': 8 },
      // The answer is a turn of its own: the context holds the question and these.
      'multi-turn': { 'soar.proposals.form': 'multi-turn', 'soar.teacher.sampling.maxNewTokens': 96 },
    },
    ownRows: {
      'pq-n8': pqOf('n8', 'n = 8'),
      'pq-n32': pqOf('n32', 'n = 32'),
      'pq-tau-low': pqOf('tau-low', 'tau = .015'),
      'pq-tau-high': pqOf('tau-high', 'tau = .045'),
      'pq-window-1': pqOf('window-1', 'window of 1 step'),
      'pq-window-5': pqOf('window-5', 'window of 5 steps'),
      'pq-r2': pqOf('r2', 'g = 8, r = 2'),
      'grounded-t-8': { title: 'Grounded-T, |X| = 8', arm: 'grounded-t', loop: 'soar', questions: 8 },
      'grounded-t-64': { title: 'Grounded-T, |X| = 64', arm: 'grounded-t', loop: 'soar', questions: 64 },
      'pq-multi-turn': pqOf('multi-turn', 'two turns'),
      'grounded-t-multi-turn': { title: 'Grounded-T, two turns', arm: 'grounded-t', loop: 'multi-turn' },
    },
  },
};

/** The whole path in seconds: too small to show the effect, large enough to meet every part. It promotes at every step. */
const smoke: Preset = {
  soar: {
    outerSteps: 3,
    datasets: 4,
    datasetSize: 8,
    repeats: 2,
    teacher,
    student: { ...student, promptsPerStep: 8, groupSize: 8 },
    inner: { steps: 3, stepsPerPromotion: 1, maximumSteps: 5 },
    reward: { questions: 16, decoding: 'sampled', samplesPerQuestion: 4 },
    promotion: { threshold: -1, window: 1 },
  },
  evaluate: {
    arms: ['base', 'hard-only', 'grounded-t', 'pq', 'ps'],
    seeds: 2,
    ks: [1, 4, 8],
    samplesPerProblem: 8,
    training: { steps: 6, warmupSteps: 0 },
    questions: { mode: 'mixed', mixing: 'half', sampled: 'as-promoted' },
    bootstrap: { resamples: 500 },
  },
  world: { candidates: 40, attempts: 32, train: 16, test: 16 },
  study: {
    teachers: 2,
    stepsWithoutPromotion: 2,
    rows: ['base', 'hard-only', 'base-t', 'intrinsic-t', 'grounded-t', 'frozen-pq', 'pq', 'ps', 'pq-transfer'],
  },
};

/** The paper's own experiment: what the schema's defaults say, on mathematics. */
const paper: Preset = { domain: 'mathematics' };

/**
 * The paper's method at a workstation's size (method.md 8; docs/models.md has the reason of every number): every step is there, with
 * fewer and shorter texts, and students that share one base.
 */
const paperSmall: Preset = {
  domain: 'mathematics',
  soar: {
    outerSteps: 50,
    datasets: 2,
    datasetSize: 16,
    repeats: 2,
    teacher: {
      sampling: { maxNewTokens: 256 },
      schedule: { kind: 'cosine', learningRate: 1e-4, warmupSteps: 5, horizon: 'run', floor: 0 },
    },
    student: {
      promptsPerStep: 4,
      groupSize: 8,
      sampling: { maxNewTokens: 512 },
      schedule: { kind: 'cosine', learningRate: 1e-4, warmupSteps: 0, horizon: 200, floor: 0 },
    },
    reward: { questions: 32 },
    promotion: { threshold: 0.02 },
  },
  evaluate: {
    seeds: 2,
    ks: [1, 4, 8],
    samplesPerProblem: 8,
    training: { steps: 200 },
    questions: { sampled: 'as-promoted', curriculumSteps: 16 },
  },
  engine: { lora: { rank: 16 } },
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  programs,
  'programs-ablations': ablations,
  smoke,
  paper,
  'paper-small': paperSmall,
};
