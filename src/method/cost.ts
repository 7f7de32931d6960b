/** What a piece of work takes, counted from what it did: the same for the same seed, however often a run was stopped. Pure. */

export interface Cost {
  /** Completion tokens sampled. */
  readonly tokensSampled: number;
  /** Completion tokens that entered a gradient. */
  readonly tokensTrained: number;
  /** Completions judged by the verifier. */
  readonly graded: number;
}

export const noCost: Cost = { tokensSampled: 0, tokensTrained: 0, graded: 0 };

export function sumCosts(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      tokensSampled: sum.tokensSampled + cost.tokensSampled,
      tokensTrained: sum.tokensTrained + cost.tokensTrained,
      graded: sum.graded + cost.graded,
    }),
    noCost,
  );
}

/** Of completions that were sampled and judged. */
export const costOfAnswers = (groups: readonly (readonly { readonly tokens: ArrayLike<number> }[])[]): Cost => {
  const completions = groups.flat();
  return {
    ...noCost,
    tokensSampled: completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
    graded: completions.length,
  };
};

/** Of steps of RLOO. */
export const costOfTraining = (
  steps: readonly {
    readonly tokens: number;
    readonly completions: number;
    readonly update: { readonly tokensTrained: number };
  }[],
): Cost =>
  sumCosts(
    steps.map(({ tokens, completions, update }) => ({
      tokensSampled: tokens,
      tokensTrained: update.tokensTrained,
      graded: completions,
    })),
  );
