/** pass@k of one model as it stands, over all problems and by subject and level. Nothing was trained, so problems alone vary. Pure. */
import { type Grouped, problemGroups } from './groups.js';
import { type Interval, meanOverProblems } from './intervals.js';
import { checkKs, passAtK } from './pass-at-k.js';

export interface SampledOutcome extends Grouped {
  /** Correct completions. */
  readonly successes: number;
}

export interface PassRow {
  readonly by: 'all' | 'subject' | 'level';
  /** 'all', a subject or a level. */
  readonly group: string;
  readonly problems: number;
  /** The unbiased estimate, mean over problems, by k. */
  readonly passAtK: readonly (Interval & { readonly mean: number })[];
}

export interface ModelPass {
  readonly ks: readonly number[];
  /** Completions per problem. */
  readonly samples: number;
  readonly confidence: number;
  readonly rows: readonly PassRow[];
}

const confidence = 0.95;
const resamples = 1000;

/** @throws SoarError EVALUATE_K_TOO_LARGE, EVALUATE_COUNTS */
export function modelPass(outcomes: readonly SampledOutcome[], samples: number, ks: readonly number[]): ModelPass {
  checkKs(ks, samples);
  const rows = problemGroups(outcomes).map(({ by, group, members }) => ({
    by,
    group,
    problems: members.length,
    passAtK: ks.map((k) => {
      const each = members.map(({ successes }) => passAtK(successes, samples, k));
      return meanOverProblems(each, { resamples, confidence }, `model/${by}/${group}/${k}`);
    }),
  }));
  return { ks, samples, confidence, rows };
}
