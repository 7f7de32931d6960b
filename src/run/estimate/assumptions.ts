/**
 * What an estimate assumes of a run that nobody has seen yet: three cases, from little work to the most that the settings
 * allow. Every number is here, and every one is said in words beside the estimate. Pure.
 */

import { profiles } from '../../engine/tinker/profiles/profile.js';
import type { EvaluateSettings } from '../../evaluate/settings.js';
import type { KlSettings, SoarSettings } from '../../method/index.js';
import type { RunConfig } from '../config/config.js';

export const cases = ['least', 'expected', 'most'] as const;
export type Case = (typeof cases)[number];
export type ByCase<T> = Readonly<Record<Case, T>>;

export interface Assumptions {
  /** Share of the teacher's completions that are accepted. */
  readonly validRate: number;
  /** Mean completion tokens: of one turn of the teacher, of a student in training, at the held-out problems. */
  readonly tokens: { readonly teacher: number; readonly student: number; readonly heldOut: number };
  /** Mean prompt tokens: what the teacher is asked, what it is asked for an answer in two turns, what a student is asked. */
  readonly prompts: { readonly teacher: number; readonly answer: number; readonly student: number };
  /** Share of rollouts with an advantage; the others have no gradient, and are left out where there is no KL loss. */
  readonly informative: number;
  /** Promotions before outer step t, from 0; non-decreasing. */
  readonly promotionsBefore: (t: number) => number;
  /** Whether an update reads its sequences in a pass of its own before the gradient's. */
  readonly readsFirst: (kl: KlSettings) => boolean;
  /** RLOO steps of a fresh student that was to make `steps`. */
  readonly trainingSteps: (steps: number) => number;
}

/** Of maxNewTokens, by domain: in the built-in world a student guesses in a few tokens until it has learned to work carefully. */
const lengthShares = {
  mathematics: { least: 1 / 4, expected: 1 / 2, most: 1 },
  programs: { least: 1 / 16, expected: 1 / 2, most: 1 },
} as const;
const informativeShares = { least: 1 / 4, expected: 1 / 2, most: 1 } as const;
const validRates = { least: 1, expected: 3 / 4 } as const;
/** The paper saw two to four in 200 steps (method.md 1.6). */
const expectedPromotions = 3;

/** Tokens of a prompt, by domain: mathematics as the shipped prompts and competition problems are, about 4 characters a token. */
const promptTokens = {
  mathematics: { teacher: 300, answer: 400, student: 200 },
  // One token per character, and one that begins the text, which is all that the teacher gets; programs of about ten operations.
  programs: { teacher: 1, answer: 15, student: 15 },
} as const;

export function assumptionsOf({ soar, evaluate, domain, engine }: RunConfig): ByCase<Assumptions> {
  const shares = lengthShares[domain];
  const of = (name: Case): Assumptions => ({
    validRate: name === 'most' ? 1 / soar.proposals.capFactor : validRates[name],
    tokens: {
      teacher: soar.teacher.sampling.maxNewTokens * shares[name],
      student: soar.student.sampling.maxNewTokens * shares[name],
      heldOut: (evaluate.maxNewTokens ?? soar.student.sampling.maxNewTokens) * shares[name],
    },
    prompts: promptTokens[domain],
    informative: informativeShares[name],
    promotionsBefore: promotionsBefore(soar, name),
    readsFirst: (kl) => readsFirst(engine, kl),
    trainingSteps: (steps) => trainingSteps(steps, evaluate.training, name),
  });
  return { least: of('least'), expected: of('expected'), most: of('most') };
}

/** On a service, where the loss has a KL term, or where the service clips ratios and is known to (engine/tinker/profiles/objective.ts). */
function readsFirst(engine: RunConfig['engine'], { coefficient, form }: KlSettings): boolean {
  if (engine.kind !== 'tinker') return false;
  return (
    (coefficient > 0 && form === 'loss') || (engine.profile !== 'auto' && profiles[engine.profile].loss.clipsRatios)
  );
}

/** None; three at even distances; as many and as early as the window allows. */
function promotionsBefore({ outerSteps, promotion }: SoarSettings, name: Case): (t: number) => number {
  const { enabled, window, requireFullWindow, clearWindow } = promotion;
  if (!enabled || name === 'least') return () => 0;
  // An average over fewer steps than the window may promote at once.
  const every = requireFullWindow && clearWindow ? window : 1;
  const first = requireFullWindow ? window : 1;
  const earliest = (t: number) => (t < first ? 0 : 1 + Math.floor((t - first) / every));
  if (name === 'most') return earliest;
  return (t) => Math.min(earliest(t), Math.floor((t * (expectedPromotions + 1)) / outerSteps), expectedPromotions);
}

/** All, unless the training ends where its reward has levelled off. */
function trainingSteps(steps: number, { checkpoint, plateau }: EvaluateSettings['training'], name: Case): number {
  if (checkpoint === 'last' || name === 'most') return steps;
  const least = Math.min(steps, plateau.window + plateau.averageSteps);
  return name === 'least' ? least : Math.round((least + steps) / 2);
}

/** As a person reads them, one each. */
export function assumptionsText(config: RunConfig): string[] {
  const { soar, evaluate, domain, problems } = config;
  const all = Object.values(assumptionsOf(config));
  const of = (value: (a: Assumptions) => string | number) => all.map(value).join(', ');
  return [
    ...lengthsText(config),
    `Accepted proposals: ${of((a) => `${Math.round(a.validRate * 100)} %`)} (the last is where a run gives up).`,
    ...(soar.promotion.enabled
      ? [
          `Promotions: ${of((a) => a.promotionsBefore(soar.outerSteps))}; evenly spread, in the last case as early as the window allows.`,
        ]
      : []),
    ...(soar.student.kl.coefficient === 0
      ? ['Rollouts with an advantage, which alone are trained on: 25 %, 50 %, 100 %.']
      : []),
    ...([soar.student.kl, soar.teacher.kl].some((kl) => readsFirst(config.engine, kl))
      ? ['On this service sequences are read in a pass of their own before they are trained on: counted as read.']
      : []),
    `All ${soar.outerSteps} outer steps are made${soar.stop.baselineAccuracy === null ? '' : '; a run that soar.stop ends sooner costs less'}.`,
    ...(evaluate.training.checkpoint === 'plateau'
      ? [
          `Steps of a fresh student: ${of((a) => a.trainingSteps(evaluate.training.steps))} of ${evaluate.training.steps}.`,
        ]
      : []),
    ...(domain === 'mathematics' && problems.hardSet === null
      ? [
          `No hard set is named: counted as the paper's MATH, ${paperHardSet.train} problems to train on and ${paperHardSet.test} held out.`,
        ]
      : []),
  ];
}

/** Those on completions and prompts. */
export function lengthsText(config: RunConfig): string[] {
  const { domain } = config;
  const { least, expected, most } = assumptionsOf(config);
  const tokens = (of: (a: Assumptions) => number) => [least, expected, most].map((a) => Math.round(of(a))).join(', ');
  const { prompts } = expected;
  return [
    'Three cases: the least that is likely, what we expect, the most that the settings allow.',
    `Mean tokens of a completion: ${tokens((a) => a.tokens.teacher)} of the teacher, ${tokens((a) => a.tokens.student)} of a student: 1/${1 / lengthShares[domain].least}, half and all of maxNewTokens.`,
    `Mean tokens of a prompt: ${prompts.teacher} of the teacher, ${prompts.student} of a student${domain === 'mathematics' ? ', at 4 characters per token' : ''}.`,
  ];
}

/** method.md 3. */
export const paperHardSet = { train: 359, test: 360 } as const;
