/** What is counted of the work that policies do, and its arithmetic: the ledger fills it, prices and estimates read it. Pure. */

/** Who computes: the base model (the reference of the KL term, and what the hard set is screened with), or a policy forked from it. */
export const roles = ['base', 'teacher', 'student', 'evaluation'] as const;
export type Role = (typeof roles)[number];

/** What a service has a price for. */
export interface Work {
  readonly completions: number;
  /** Tokens read before anything is sampled: a prompt once for its whole group; sequences that are only scored, whole, a pass before a gradient's own too. */
  readonly prefilledTokens: number;
  /** Prompt tokens of a group's other completions, which a prefix cache gives. */
  readonly cachedTokens: number;
  /** Completion tokens sampled. */
  readonly sampledTokens: number;
  /** Completion tokens that entered a gradient, and the prompts before them. */
  readonly trainedTokens: number;
  readonly trainedPromptTokens: number;
}

export interface Usage extends Work {
  /** Completion tokens left out of an update because their gradient is exactly zero. */
  readonly skippedTokens: number;
  /** Completion tokens whose log-probabilities were asked for. */
  readonly scoredTokens: number;
  /** Seconds from asking the engine to its answer, summed over calls: side by side, more of them pass than on the clock. */
  readonly waitedSeconds: number;
}

export const noWork: Work = {
  completions: 0,
  prefilledTokens: 0,
  cachedTokens: 0,
  sampledTokens: 0,
  trainedTokens: 0,
  trainedPromptTokens: 0,
};

export const noUsage: Usage = { ...noWork, skippedTokens: 0, scoredTokens: 0, waitedSeconds: 0 };

/** a + factor * b, key by key of `a`. */
export function addScaled<Numbers extends object>(a: Numbers, b: Numbers, factor = 1): Numbers {
  const sum: Record<string, number> = {};
  for (const [key, value] of Object.entries(a)) sum[key] = value + factor * ((b as Record<string, number>)[key] ?? 0);
  return sum as Numbers;
}

export const sumWork = (parts: readonly Work[]): Work => parts.reduce((sum, part) => addScaled(sum, part), noWork);

export const timesWork = (work: Work, factor: number): Work => addScaled(noWork, work, factor);
