/** What screening a set of problems takes: every problem asked so many times. Pure. */
import type { RunConfig } from '../config/config.js';
import { assumptionsOf, lengthsText } from './assumptions.js';
import { byCase, type Estimate, estimateOf } from './estimate.js';
import { sampling } from './loop.js';

export interface ScreeningPlan {
  readonly problems: number;
  /** k of fail@k. */
  readonly attempts: number;
  readonly stopAtFirstSuccess: boolean;
}

/** Attempts before a solved problem is dropped for the first time, where that is asked for (`problems/screening.ts`). */
const firstRound = 8;

export function estimateScreening(
  config: RunConfig,
  { problems, attempts, stopAtFirstSuccess }: ScreeningPlan,
): Estimate {
  const assumed = assumptionsOf(config);
  const first = Math.min(firstRound, attempts);
  const asked = byCase((name) =>
    !stopAtFirstSuccess || name === 'most' ? attempts : name === 'least' ? first : Math.round((first + attempts) / 2),
  );
  const total = byCase((name) =>
    sampling(problems, asked[name], assumed[name].prompts.student, assumed[name].tokens.student),
  );
  return {
    ...estimateOf(config, [{ part: 'screen', role: 'base', times: 1, each: total.expected, total }]),
    assumptions: [
      ...lengthsText(config),
      ...(stopAtFirstSuccess
        ? [`Attempts per problem: ${first} where all are solved at once, ${asked.expected} on average, ${attempts}.`]
        : []),
    ],
  };
}
