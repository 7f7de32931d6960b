/** Training batches for the comparisons: mixed lengths, signs and kinds of per-token values. */
import { randomStream } from '../../rl/random.js';
import type { Policy, TrainingBatch, TrainingSequence } from '../engine.js';
import { sequenceOf } from './texts.js';

const texts = [
  ['ab?', 'cde='],
  ['?', 'a'],
  ['hgfedcba?', 'abcdefgh.'],
  ['', 'bb=.'],
  ['c=', 'ddddd'],
] as const;

/** Groups of two prompts, and one completion of a third. */
export const groupedTexts: readonly (readonly [string, string])[] = [
  ...['a', 'abc=', 'b.', 'dddd', 'cab?'].map((completion) => ['hgfedcba?', completion] as const),
  ...['c', 'cd'].map((completion) => ['ab?', completion] as const),
  ['=', 'b'],
];

/**
 * Five sequences, or those of other pairs of prompt and completion. Samplers and references are the policy's own log-probabilities,
 * each moved a little, so that ratios and KL terms are neither trivial nor extreme.
 */
export async function mixedBatch(
  policy: Policy,
  objective: TrainingBatch['objective'],
  klCoefficient: number,
  pairs: readonly (readonly [string, string])[] = texts,
): Promise<TrainingBatch> {
  const random = randomStream(`mixed-batch/${objective}/${klCoefficient}`);
  const near = (center: number, spread: number) => center + spread * (random.float() - 0.5);
  const plain = pairs.map(([prompt, completion]) => sequenceOf(policy, prompt, completion));
  const own = await policy.logprobs(plain);
  const sequences = plain.map((sequence, i): TrainingSequence => {
    const perToken = (center: number, spread: number) => own[i].map(() => near(center, spread));
    return {
      ...sequence,
      advantage: i % 2 === 0 ? near(0, 2) : perToken(0, 2),
      weight: i < 3 ? near(0.2, 0.1) : perToken(0.2, 0.1),
      ...(objective === 'policy-gradient' && { samplerLogprobs: own[i].map((logp) => near(logp, 0.6)) }),
      ...(klCoefficient > 0 && { referenceLogprobs: own[i].map((logp) => near(logp, 1.5)) }),
    };
  });
  return { objective, sequences, klCoefficient };
}

/** `mixedBatch`, each of its sequences three times: with its own numbers, with others, and with the reference moved a little. */
export async function repetitiveBatch(
  policy: Policy,
  objective: TrainingBatch['objective'],
  klCoefficient: number,
): Promise<TrainingBatch> {
  const batch = await mixedBatch(policy, objective, klCoefficient);
  const moved = (values: Float32Array, by: number) => values.map((logp) => logp - by);
  const sequences = batch.sequences.flatMap((sequence): TrainingSequence[] => {
    const { samplerLogprobs: sampler, referenceLogprobs: reference } = sequence;
    const other = { ...sequence, advantage: -0.7, ...(sampler && { samplerLogprobs: moved(sampler, 0.2) }) };
    return [sequence, other, { ...other, ...(reference && { referenceLogprobs: moved(reference, 0.1) }) }];
  });
  return { ...batch, sequences };
}
