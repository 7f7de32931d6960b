/** Student and teacher training on a real, if tiny, model: random weights learn what they are paid for, and KL holds them back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainDomain } from '../../test/method/scripted.js';
import { type LlamaShape, llamaLayout } from '../checkpoints/llama-shape.js';
import { writeModelFolder } from '../checkpoints/model-folder.js';
import { characterTokenizer } from '../checkpoints/tokenizer-file.js';
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import { randomStream } from '../rl/random.js';
import { epochBatches } from './epoch-batches.js';
import type { Proposal } from './memory.js';
import { partition, sampleProposals } from './proposal.js';
import { rlooTrain } from './rloo-training.js';
import { soarSettingsSchema } from './settings.js';
import { updateTeacher } from './teacher-update.js';

const shape: LlamaShape = {
  vocabularySize: 8,
  hiddenSize: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 8,
  intermediateSize: 24,
  contextLength: 8,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};

/** Asked `a?`, right is `a` and then anything. */
const echo: Domain = {
  ...plainDomain,
  stopStrings: [],
  grade: async (answers) =>
    answers.map(({ gold, completion }) => {
      const correct = completion[0] === gold;
      return { answered: completion.length > 0, correct, containsGold: correct };
    }),
};
const problems: Problem[] = [...'abcd'].map((letter) => ({
  id: letter,
  question: letter,
  gold: letter,
  source: 'test',
}));

function weights(): Float32Array {
  const random = randomStream('learning/weights');
  const { slots, size } = llamaLayout(shape);
  const flat = new Float32Array(size).map(() => (random.float() - 0.5) / 2);
  for (const { name, offset, size: length } of slots) if (name.includes('norm')) flat.fill(1, offset, offset + length);
  return flat;
}

const folder = await mkdtemp(join(tmpdir(), 'learning-'));
const engine = createEmbeddedEngine({ workers: 1 });
beforeAll(async () => {
  const tokenizer = characterTokenizer('abcd?.!', '^');
  await writeModelFolder(folder, { shape, weights: weights(), tokenizer, beginToken: 0, endTokens: [] });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function train(kl: object): Promise<number[]> {
  const policy = await engine.open({ folder });
  const steps = await rlooTrain({
    policy,
    domain: echo,
    batches: epochBatches(problems, 4, 'learning/batches'),
    steps: 50,
    settings: soarSettingsSchema.parse({
      student: {
        groupSize: 32,
        sampling: { maxNewTokens: 1 },
        kl,
        schedule: { kind: 'constant', learningRate: 0.01 },
      },
    }).student,
    seed: 'learning',
    reference: await policy.fork(),
  });
  return steps.map(({ correct }) => correct);
}

it('raises the share of right answers from chance to near certainty', async () => {
  const correct = await train({ coefficient: 0 });
  // Chance is 1/8 a letter.
  expect(correct[0]).toBeLessThan(0.25);
  expect(correct.at(-1)).toBeGreaterThan(0.95);
});

it.each(['loss', 'reward'])('a strong KL as %s holds the policy to its reference', async (form) => {
  const correct = await train({ coefficient: 300, form });
  expect(correct.at(-1)).toBeLessThan(0.35);
});

it('a teacher comes to write what its datasets are paid for', async () => {
  const settings = soarSettingsSchema.parse({
    teacher: {
      sampling: { maxNewTokens: 1 },
      kl: { coefficient: 0 },
      schedule: { kind: 'constant', learningRate: 0.01, warmupSteps: 0 },
    },
  }).teacher;
  const domain: Domain = {
    ...echo,
    parseProposal: (completion) => ({ accepted: true, question: completion, answer: completion }),
  };
  const teacher = await engine.open({ folder });
  const shares: number[] = [];
  for (let step = 0; step < 40; step++) {
    const { proposals } = await sampleProposals({
      teacher,
      domain,
      form: 'single-turn',
      sampling: settings.sampling,
      count: 64,
      answerTokens: 1,
      capFactor: 1,
      seed: `teaching/outer-${step}`,
    });
    // Each dataset of 8 is paid by how many of its questions are b.
    const share = (part: readonly Proposal[]) => part.filter(({ question }) => question === 'b').length / part.length;
    await updateTeacher({
      teacher,
      domain,
      form: 'single-turn',
      proposals,
      rewards: partition(proposals, 8).map(share),
      settings,
      step,
      outerSteps: 40,
    });
    shares.push(share(proposals));
  }
  expect(shares[0]).toBeLessThan(0.3);
  expect(shares.at(-1)).toBeGreaterThan(0.9);
});
