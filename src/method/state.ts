/** What carries over from one outer step to the next, beside the weights: small, plain JSON. Pure. */
import type { PromotedStudent, PromotionCheck } from './promotion.js';
import type { SoarSettings } from './settings.js';

export interface PromotionMark extends PromotedStudent {
  /** Outer step, from 0. */
  readonly step: number;
  readonly movingAverage: number;
}

export interface SoarState {
  /** Outer steps completed; the number of the next one. */
  readonly step: number;
  /** The step rewards that the next promotion check starts from, oldest first. */
  readonly window: readonly number[];
  /** Promotions so far, in order; their number is the stage. */
  readonly promotions: readonly PromotionMark[];
  /** Why the loop is over; null while it goes on. */
  readonly finished: 'outer-steps' | 'baseline-accuracy' | null;
}

export function initialState(): SoarState {
  return { step: 0, window: [], promotions: [], finished: null };
}

/** `accuracy`: of the baseline that the next step would start from, on this step's reward questions. */
export function nextState(
  state: SoarState,
  check: PromotionCheck,
  promoted: PromotedStudent | undefined,
  accuracy: number,
  settings: SoarSettings,
): SoarState {
  const step = state.step + 1;
  const mark = promoted && { ...promoted, step: state.step, movingAverage: check.movingAverage };
  return {
    step,
    window: check.window,
    promotions: mark ? [...state.promotions, mark] : state.promotions,
    finished:
      settings.stop.baselineAccuracy !== null && accuracy > settings.stop.baselineAccuracy
        ? 'baseline-accuracy'
        : step >= settings.outerSteps
          ? 'outer-steps'
          : null,
  };
}
