/**
 * The cold-start audit: which share of problems gives no reward at all to a group of k completions, overall and by subject and level.
 * Where it is one, policy-gradient training stands still. Pure.
 */
import { problemGroups } from './groups.js';
import { type Interval, meanOverProblems } from './intervals.js';
import { passAtK } from './pass-at-k.js';

export interface ScreenedOutcome {
  readonly attempts: number;
  readonly successes: number;
  /** The first attempt that succeeded, from 1; null when none did. */
  readonly first: number | null;
  readonly subject?: string | undefined;
  readonly level?: string | undefined;
}

export interface ColdStartRow {
  /** 'all', a subject or a level. */
  readonly group: string;
  readonly by: 'all' | 'subject' | 'level';
  readonly problems: number;
  /** Share of problems with no success in k attempts, by k. */
  readonly none: readonly (Interval & { readonly mean: number })[];
}

export interface ColdStart {
  readonly ks: readonly number[];
  readonly confidence: number;
  readonly rows: readonly ColdStartRow[];
}

export interface ColdStartSettings {
  /** Attempts per problem that were asked for. */
  readonly attempts: number;
  /** Attempts ended with the first success: then the first k attempts are looked at, else any k, without bias. */
  readonly stopAtFirstSuccess: boolean;
}

const confidence = 0.95;
const resamples = 1000;
const usual = [1, 8, 32, 128];

/** For k = 1, 8, 32, 128 as far as attempts go, and for all of them. */
export function coldStart(outcomes: readonly ScreenedOutcome[], settings: ColdStartSettings): ColdStart {
  const ks = [...usual.filter((k) => k < settings.attempts), settings.attempts];
  const rows = problemGroups(outcomes).map(({ by, group, members }) => ({
    group,
    by,
    problems: members.length,
    none: ks.map((k) => shareOfNone(members, k, settings.stopAtFirstSuccess, `${by}/${group}/${k}`)),
  }));
  return { ks, confidence, rows };
}

function shareOfNone(members: readonly ScreenedOutcome[], k: number, firstOnly: boolean, seed: string) {
  const chances = members.map(({ successes, attempts, first }) =>
    firstOnly ? Number(first === null || first > k) : 1 - passAtK(successes, attempts, k),
  );
  return meanOverProblems(chances, { resamples, confidence }, `cold-start/${seed}`);
}
