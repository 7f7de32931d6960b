/**
 * The config section `soar:`: every number of the method, with the paper's default where it states one (Table 3,
 * method.md 1.2) and ours, said to be ours, where it leaves the question open (method.md 7, docs/method.md).
 * The schema is the only source of types, defaults, help and checks.
 */
import { z } from 'zod';
import { optimizerSchema } from '../rl/optimizer.js';
import { scheduleSchema } from '../rl/schedules.js';

const advantage = z
  .enum(['raw', 'standardised'])
  .default('raw')
  .describe(
    "Leave-one-out advantages on the scale of the rewards, or divided by the group's standard deviation. Open in the paper; ours: raw.",
  );

function samplingSchema(maxNewTokens: number) {
  return z.strictObject({
    temperature: z.number().gt(0).default(1).describe('Sampling temperature.'),
    maxNewTokens: z.int().min(1).default(maxNewTokens).describe('Most tokens of one completion.'),
    topP: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('Nucleus mass; 1 keeps every token (the paper names no truncation).'),
    topK: z.int().min(0).default(0).describe('Keeps the k most probable tokens; 0 keeps all.'),
  });
}

const klFields = {
  coefficient: z.number().min(0).default(0.001).describe('KL coefficient beta; 0 needs no reference policy.'),
  form: z
    .enum(['loss', 'reward'])
    .default('loss')
    .describe(
      "Per-token k3 term in the loss, or -beta * sum(log pi - log ref) added to each completion's reward. Open in the paper; ours: loss.",
    ),
};

const OPTIMIZER =
  'AdamW. The paper states no betas, decay or clipping; ours: the usual betas, neither decay nor clipping.';

const teacher = z.strictObject({
  sampling: samplingSchema(512).prefault({}).describe('How the teacher writes proposals.'),
  advantage,
  updatesPerStep: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "Optimizer steps per outer step, each on an equal share of every dataset. Open (the paper's 'batch size 2' could mean datasetSize / 2); ours: 1, all completions at once.",
    ),
  minimalRewardSpread: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'No teacher step when max R_k - min R_k is below this: such a spread is noise. 0 updates at every step, as the paper does.',
    ),
  reward: z
    .strictObject({
      kind: z
        .enum(['grounded', 'learnability'])
        .default('grounded')
        .describe(
          'grounded: how much students improve on hard problems (SOAR). learnability: how often the student solves the question, which looks at no hard problem (the Intrinsic-T control, method.md 4.6).',
        ),
      rule: z
        .enum(['absolute-zero', 'r-zero', 'intrinsic'])
        .default('intrinsic')
        .describe(
          'Learnability of a success rate s. intrinsic: 0 at s = 0, else 1 - s. r-zero: min(s, 1 - s). absolute-zero: 0 at s = 0 and at s = 1, else 1 - s.',
        ),
      samples: z.int().min(1).default(32).describe('Student completions per question behind a success rate.'),
    })
    .prefault({})
    .describe('What the teacher is paid for.'),
  kl: z.strictObject(klFields).prefault({}).describe('KL to the initial model.'),
  optimizer: optimizerSchema().prefault({}).describe(OPTIMIZER),
  schedule: scheduleSchema({ kind: 'cosine', learningRate: 1e-5, warmupSteps: 20, horizon: 'run', floor: 0 })
    .prefault({})
    .describe("Learning rate by outer step; 'run' is outerSteps."),
});

const shapedReward = z
  .strictObject({
    correct: z.number().default(120).describe('Reward of an answer that the verifier accepts.'),
    containsGold: z.number().default(20).describe("Reward of a wrong answer within which the gold's text occurs."),
    answered: z.number().default(10).describe('Reward of any other answer in the asked form.'),
    none: z.number().default(0).describe('Reward of a completion without an answer.'),
  })
  .refine((r) => r.correct > r.containsGold && r.containsGold >= r.answered && r.answered >= r.none, {
    message: 'rewards must fall from correct over containsGold and answered to none: put them in that order',
  });

const student = z.strictObject({
  promptsPerStep: z.int().min(1).default(8).describe('Questions per RLOO step.'),
  groupSize: z
    .int()
    .min(2, 'a leave-one-out group needs at least 2 completions: set groupSize to 2 or more')
    .default(32)
    .describe('Completions per question and step.'),
  sampling: samplingSchema(1024).prefault({}).describe('How the student answers while it trains.'),
  shapedReward: shapedReward
    .prefault({})
    .describe('Reward of a completion in student training, by what the verifier says.'),
  advantage,
  kl: z
    .strictObject({
      ...klFields,
      reference: z
        .enum(['base', 'baseline'])
        .default('base')
        .describe(
          'KL to the initial model for ever, or re-anchored to the current baseline student. Open in the paper; ours: base.',
        ),
    })
    .prefault({})
    .describe('KL of the student.'),
  optimizer: optimizerSchema().prefault({}).describe(OPTIMIZER),
  schedule: scheduleSchema({ kind: 'cosine', learningRate: 1e-5, warmupSteps: 0, horizon: 1500, floor: 0 })
    .prefault({})
    .describe(
      "Learning rate by RLOO step of one training. Horizon open in the paper; ours: 1500, the longest evaluation training, so that an inner run previews its first steps; 'run' decays within the inner run.",
    ),
});

const inner = z
  .strictObject({
    steps: z.int().min(1).default(10).describe('RLOO steps of an inner run from the initial student.'),
    stepsPerPromotion: z.int().min(0).default(5).describe('Further steps per promotion so far.'),
    maximumSteps: z.int().min(1).default(20).describe('Most steps of an inner run.'),
    sharedBatches: z
      .boolean()
      .default(false)
      .describe(
        'Whether the repeats of a dataset see the same batches and differ by what they sample alone. Open in the paper; ours: no.',
      ),
  })
  .refine((i) => i.maximumSteps >= i.steps, {
    path: ['maximumSteps'],
    message: 'maximumSteps is below steps: raise it to at least steps',
  });

const reward = z
  .strictObject({
    questions: z
      .int()
      .min(1)
      .default(64)
      .describe('|Q_R|: hard training questions per outer step, drawn anew at each step.'),
    replacement: z
      .boolean()
      .default(false)
      .describe('Whether a question may be drawn several times within a step. Open in the paper; ours: no.'),
    decoding: z
      .enum(['greedy', 'sampled'])
      .default('greedy')
      .describe(
        "How a student answers the reward questions: greedily (the paper) or by samples at the student's temperature.",
      ),
    samplesPerQuestion: z.int().min(1).default(1).describe('Answers per reward question when sampled.'),
    baselineSamplesPerQuestion: z
      .union([z.literal('same'), z.int().min(1)])
      .default('same')
      .describe(
        "Answers per question for the baseline's accuracy when sampled; it is measured once per promotion and kept, so more of them remove a lasting error.",
      ),
  })
  .refine((r) => r.decoding === 'sampled' || (r.samplesPerQuestion === 1 && r.baselineSamplesPerQuestion === 'same'), {
    path: ['samplesPerQuestion'],
    message: 'greedy decoding says the same every time: leave the numbers of samples out, or set decoding to sampled',
  });

const promotion = z.strictObject({
  enabled: z.boolean().default(true).describe('false never promotes (the paper\'s "no promotion" ablation).'),
  threshold: z
    .number()
    .default(0.01)
    .describe('tau: promote when the moving average of the step rewards is strictly above it.'),
  window: z
    .int()
    .min(1, 'the moving average needs at least 1 step: set window to 1 or more')
    .default(3)
    .describe('Steps in the moving average.'),
  requireFullWindow: z
    .boolean()
    .default(true)
    .describe('Promote only when the window is full. Open in the paper; ours: yes.'),
  clearWindow: z
    .boolean()
    .default(true)
    .describe(
      'Empty the window after a promotion, since its rewards were over the old baseline. Open in the paper; ours: yes.',
    ),
  median: z
    .enum(['closest-to-mean', 'lower', 'upper'])
    .default('closest-to-mean')
    .describe(
      'Which of the two middle repeats is promoted when the number of repeats is even. Open in the paper; ours: the one closer to the mean, the lower on a tie.',
    ),
});

export const soarSettingsSchema = z
  .strictObject({
    outerSteps: z.int().min(1).default(200).describe('T: most outer steps.'),
    datasets: z
      .int()
      .min(2, 'leave-one-out advantages compare datasets: set datasets to 2 or more')
      .default(4)
      .describe('g: datasets per outer step.'),
    datasetSize: z.int().min(1).default(64).describe('n: question-answer pairs per dataset.'),
    repeats: z.int().min(1).default(4).describe('r: students per dataset.'),
    proposals: z
      .strictObject({
        form: z
          .enum(['single-turn', 'multi-turn'])
          .default('single-turn')
          .describe(
            'single-turn: question and answer in one completion, kept by their form. multi-turn: a question, then the answer to it, kept whatever their form (the ablation of method.md 2.2).',
          ),
        capFactor: z
          .number()
          .min(1)
          .default(10)
          .describe(
            'Give up when datasets * datasetSize accepted proposals took more than this multiple of completions. Open in the paper.',
          ),
      })
      .prefault({})
      .describe('How the teacher writes until enough proposals are accepted.'),
    teacher: teacher.prefault({}).describe('The policy that writes the datasets.'),
    student: student
      .prefault({})
      .describe('RLOO training of a student: inner runs, and fresh students in the evaluation.'),
    inner: inner.prefault({}).describe('Length of an inner run.'),
    reward: reward
      .prefault({})
      .describe("The examination that pays the teacher: a student's accuracy on hard questions."),
    promotion: promotion.prefault({}).describe('When the best student becomes the baseline.'),
    stop: z
      .strictObject({
        baselineAccuracy: z
          .number()
          .min(0)
          .max(1)
          .nullable()
          .default(null)
          .describe(
            'Stop once the baseline student is above this accuracy on the reward questions; null goes on to outerSteps.',
          ),
      })
      .prefault({})
      .describe('When to end before outerSteps.'),
  })
  .superRefine((soar, context) => {
    if (soar.teacher.reward.kind === 'learnability' && soar.promotion.enabled) {
      context.addIssue({
        code: 'custom',
        path: ['promotion', 'enabled'],
        message: 'a learnability reward trains no student that could be promoted: set promotion.enabled to false',
      });
    }
    if (soar.datasetSize % soar.teacher.updatesPerStep !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['teacher', 'updatesPerStep'],
        message: `datasetSize (${soar.datasetSize}) does not divide into ${soar.teacher.updatesPerStep} equal teacher updates: choose a divisor of datasetSize`,
      });
    }
    if (soar.student.promptsPerStep > soar.datasetSize) {
      context.addIssue({
        code: 'custom',
        path: ['student', 'promptsPerStep'],
        message: `a batch of ${soar.student.promptsPerStep} questions would repeat some of a dataset of ${soar.datasetSize}: set promptsPerStep to datasetSize or less`,
      });
    }
  });

export type SoarSettings = z.output<typeof soarSettingsSchema>;
/** What one RLOO training needs; evaluation trains fresh students with the same section. */
export type StudentSettings = SoarSettings['student'];
export type TeacherSettings = SoarSettings['teacher'];
export type ProposalForm = SoarSettings['proposals']['form'];
export type KlSettings = TeacherSettings['kl'];
export type SamplingSettings = StudentSettings['sampling'];
export type ShapedReward = StudentSettings['shapedReward'];
export type RewardSettings = SoarSettings['reward'];
export type PromotionSettings = SoarSettings['promotion'];
