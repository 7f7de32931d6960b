/**
 * Rollouts and the training batch made of them, for student and teacher alike. Every sequence has the same weight and its
 * log-probabilities are summed over its tokens, never averaged: Proposition 1 (method.md 1.4) needs both.
 */

import type { Policy, Sequence, Tokens, TrainingBatch } from '../engine/engine.js';
import { SoarError } from '../errors.js';
import { klShapedReward, sequenceKl } from '../rl/kl-reward.js';
import type { KlSettings } from './settings.js';

/** A prompt and a completion, with the log-probabilities, [completion length], of the policy that sampled it and of the reference. */
export interface Rollout extends Sequence {
  readonly samplerLogprobs: Float32Array;
  readonly referenceLogprobs?: Float32Array;
}

/** One per completion, group by group; their tokens lie in one array, since thousands of small ones cost more than what is in them. */
export function rolloutsOf(
  prompts: readonly Tokens[],
  groups: readonly (readonly { readonly tokens: Tokens; readonly logprobs: Float32Array }[])[],
): Rollout[] {
  let size = 0;
  for (const [p, group] of groups.entries()) {
    for (const { tokens } of group) size += (prompts[p] as Tokens).length + tokens.length;
  }
  const all = new Int32Array(size);
  const found: Rollout[] = [];
  let from = 0;
  for (const [p, group] of groups.entries()) {
    const prompt = prompts[p] as Tokens;
    for (const { tokens, logprobs } of group) {
      const end = from + prompt.length + tokens.length;
      all.set(prompt, from);
      all.set(tokens, from + prompt.length);
      found.push({ tokens: all.subarray(from, end), promptLength: prompt.length, samplerLogprobs: logprobs });
      from = end;
    }
  }
  return found;
}

/**
 * The rollouts with the reference's log-probabilities; as they are when the KL coefficient is 0.
 * @throws SoarError METHOD_REFERENCE_MISSING
 */
export async function withReference(
  rollouts: readonly Rollout[],
  kl: KlSettings,
  reference: Policy | undefined,
): Promise<readonly Rollout[]> {
  if (kl.coefficient === 0) return rollouts;
  if (!reference) {
    throw new SoarError('METHOD_REFERENCE_MISSING', `a KL coefficient of ${kl.coefficient} needs a reference policy`, {
      remedy: 'pass a frozen fork of the base model as the reference, or set the KL coefficient to 0',
    });
  }
  const logprobs = await reference.logprobs(rollouts);
  return rollouts.map((one, i) => ({ ...one, referenceLogprobs: logprobs[i] }));
}

/** Rewards less beta times each rollout's KL where KL is part of the reward; else as they are. */
export function payKl(rewards: readonly number[], rollouts: readonly Rollout[], kl: KlSettings): readonly number[] {
  if (kl.form !== 'reward' || kl.coefficient === 0) return rewards;
  return rewards.map((reward, i) => {
    const { samplerLogprobs, referenceLogprobs = samplerLogprobs } = rollouts[i];
    return klShapedReward(reward, kl.coefficient, sequenceKl(samplerLogprobs, referenceLogprobs));
  });
}

/** The mean over `count` completions of the sum over tokens: the same weight for each rollout. A completion in two turns is two rollouts. */
export function policyGradientBatch(
  rollouts: readonly Rollout[],
  advantages: readonly number[],
  kl: KlSettings,
  count = rollouts.length,
): TrainingBatch {
  const weight = 1 / count;
  return {
    objective: 'policy-gradient',
    // Field by field: spreading costs more than the rest of the batch.
    sequences: rollouts.map(({ tokens, promptLength, samplerLogprobs, referenceLogprobs }, i) => ({
      tokens,
      promptLength,
      samplerLogprobs,
      ...(referenceLogprobs && { referenceLogprobs }),
      advantage: advantages[i],
      weight,
    })),
    klCoefficient: kl.form === 'loss' ? kl.coefficient : 0,
  };
}
