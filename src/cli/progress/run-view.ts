/** What is known of a run at a moment, folded from its events. Pure: the live block is a function of this. */
import type { RunEvent } from '../../run/events.js';
import { noCost } from '../../run/ledger.js';

type Event<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

export interface RunView {
  readonly started?: Event<'started'>;
  readonly phase: 'opening' | 'screening' | 'outer-steps' | 'evaluation' | 'finished';
  readonly screening?: Event<'screening'>;
  readonly step: number;
  /** Share of the open step's inner RLOO steps that are done. */
  readonly stepShare: number;
  readonly studies: { readonly done: number; readonly of: number };
  readonly validRate?: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly steps: readonly Event<'step'>[];
  readonly evaluated: number;
  /** Share done of each evaluation unit under way. */
  readonly evaluating: ReadonlyMap<string, number>;
  /** The last few pulses. */
  readonly pulses: readonly Event<'pulse'>[];
}

export const emptyView: RunView = {
  phase: 'opening',
  step: 0,
  stepShare: 0,
  studies: { done: 0, of: 0 },
  kinds: {},
  steps: [],
  evaluated: 0,
  evaluating: new Map(),
  pulses: [{ event: 'pulse', seconds: 0, cost: noCost }],
};

/** Seconds over which tokens per second and the time left are measured. */
const window = 20;

export function viewAfter(view: RunView, event: RunEvent): RunView {
  switch (event.event) {
    case 'started':
      return { ...view, started: event, step: event.step, evaluated: event.evaluated };
    case 'screening':
      return { ...view, phase: 'screening', screening: event };
    case 'hard-set':
      return { ...view, phase: 'outer-steps' };
    case 'step-started':
      return {
        ...view,
        phase: 'outer-steps',
        step: event.step,
        stepShare: 0,
        studies: { done: 0, of: event.studies },
      };
    case 'proposed':
      return { ...view, validRate: event.validRate, kinds: event.kinds };
    case 'studying':
      return { ...view, stepShare: event.done / event.of };
    case 'studied':
      return { ...view, studies: { done: event.done, of: event.of } };
    case 'step':
      return {
        ...view,
        step: event.step + 1,
        stepShare: 0,
        studies: { done: 0, of: view.studies.of },
        validRate: event.validRate,
        kinds: event.kinds,
        steps: [...view.steps, event],
        phase: event.finished === null ? 'outer-steps' : 'evaluation',
      };
    case 'evaluating':
      return {
        ...view,
        phase: 'evaluation',
        evaluating: new Map(view.evaluating).set(event.unit, event.step / event.of),
      };
    case 'evaluated': {
      const evaluating = new Map(view.evaluating);
      evaluating.delete(event.unit);
      return { ...view, phase: 'evaluation', evaluated: event.done, evaluating };
    }
    case 'pulse': {
      const recent = view.pulses.filter((pulse) => pulse.seconds >= event.seconds - window);
      return { ...view, pulses: [...recent, event] };
    }
    case 'recovered':
      return view;
    case 'finished':
      return { ...view, phase: 'finished' };
  }
}

/** Sampled and trained tokens per second over the last pulses. */
export function tokensPerSecond({ pulses }: RunView): { sampled: number; trained: number } {
  const [first, last] = [pulses[0], pulses.at(-1)];
  const seconds = first && last ? last.seconds - first.seconds : 0;
  if (!first || !last || seconds <= 0) return { sampled: 0, trained: 0 };
  return {
    sampled: (last.cost.sampledTokens - first.cost.sampledTokens) / seconds,
    trained: (last.cost.trainedTokens - first.cost.trainedTokens) / seconds,
  };
}

/**
 * Seconds left at the pace of the last outer steps, if all of them are needed; undefined before the first is done. A step's
 * pace carries over to evaluation units by the number of completions they take.
 */
export function secondsLeft(view: RunView): number | undefined {
  const { started, steps } = view;
  if (!started || steps.length === 0) return undefined;
  const recent = steps.slice(-3);
  const perStep = recent.reduce((sum, step) => sum + step.seconds, 0) / recent.length;
  const perUnit = (perStep / started.completions.outerStep) * started.completions.evaluation;
  const stepsLeft = view.phase === 'outer-steps' ? started.outerSteps - view.step - view.stepShare : 0;
  const under = [...view.evaluating.values()].reduce((sum, share) => sum + share, 0);
  const unitsLeft = started.evaluations - view.evaluated - under;
  return Math.max(0, stepsLeft * perStep + unitsLeft * perUnit);
}
