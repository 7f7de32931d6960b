/** The switches of a comparison, with their defaults. Plain data: it crosses to the worker as it is. */

export interface VerificationPolicy {
  /**
   * Where the answer is looked for. `reward`: the last closed \boxed{} after the last </think>, nothing else.
   * `evaluation`: that, else "the answer is ..", else the last formula, else the last number. `answer`: the text is the answer.
   */
  readonly mode: 'reward' | 'evaluation' | 'answer';
  /** `ignored`: 1,2 = 2,1. `kept`: it does not. Words keep their order always; tuples too. */
  readonly listOrder: 'ignored' | 'kept';
  /** `slack`: 28% = 28 = 0.28 where the gold has a percent sign, and 28% = 28 where only the answer has one and the gold is more than 1. `exact`: 28% = 0.28 only. */
  readonly percent: 'slack' | 'exact';
  /** `compatible`: a unit may be missing, but two units must agree, converted. `required`: the gold's unit must be there. `ignored`: any. */
  readonly units: 'compatible' | 'required' | 'ignored';
  /** What (a,b) may be: a pair, an open interval, or `either`, so that a < x < b equals it. */
  readonly pairs: 'either' | 'tuple' | 'interval';
  /** The dataset's own absolute tolerance (OlympiadBench `error`), in the unit that the gold is written in. */
  readonly tolerance: number;
  /** The dataset's unit for a gold that is written without one; empty for none. */
  readonly unit: string;
}

export const defaultPolicy: VerificationPolicy = {
  mode: 'reward',
  listOrder: 'ignored',
  percent: 'slack',
  units: 'compatible',
  pairs: 'either',
  tolerance: 0,
  unit: '',
};

/** The defaults with what the caller sets. */
export function completePolicy(given: Partial<VerificationPolicy> = {}): VerificationPolicy {
  return { ...defaultPolicy, ...given };
}
