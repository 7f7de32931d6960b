/**
 * From the results of units, (arm, seed), to the rows of a table: pass@k with its mean, its deviation over seeds and an
 * interval, and the difference from Hard-Only. Pure; seeded by names, so that the same results give the same table.
 */
import { SoarError } from '../errors.js';
import type { ArmResult } from './arm-result.js';
import { arms } from './arms/index.js';
import {
  type BootstrapSettings,
  bootstrapDifference,
  bootstrapMean,
  combinedDifference,
  type Interval,
  wilson,
} from './intervals.js';
import { meanAndDeviation } from './moments.js';
import { passByProblem } from './pass-at-k.js';
import { type ArmName, armNames, type EvaluateSettings } from './settings.js';

export interface Estimate extends Interval {
  /** Over seeds and problems, in [0, 1]. */
  readonly mean: number;
  /** Sample standard deviation of the seeds' means; 0 for one seed. */
  readonly deviation: number;
  /**
   * Sample variance over the problems (denominator P - 1), each with its mean over seeds. What the choice of problems gives the mean is
   * this over P.
   */
  readonly problemVariance: number;
  /**
   * Where every outcome is 0, or every one is 1, a bootstrap has nothing to resample: the interval is then Wilson's with the
   * problems as trials.
   */
  readonly method: 'bootstrap' | 'wilson';
}

/** Its interval is a bootstrap paired by problem; where that of either arm is Wilson's, the two intervals are combined. */
export interface Difference extends Interval {
  readonly mean: number;
}

export interface ArmSummary {
  /** An arm, or a row of a study. */
  readonly arm: string;
  readonly title: string;
  /** Students trained; of an arm that trains none, samplings of its one model. */
  readonly seeds: number;
  readonly trains: boolean;
  readonly problems: number;
  /** Completions per problem. */
  readonly samples: number;
  /** pass@k, [k]. */
  readonly passAtK: readonly Estimate[];
  /** This arm's pass@k less the reference's, paired by problem, [k]; absent for the reference and without one. */
  readonly difference?: readonly Difference[];
  /** Share of held-out completions with an answer in the asked form. */
  readonly answered: number;
  /** Per seed, mean. */
  readonly cost: ArmResult['cost'];
}

export interface EvaluationSummary {
  readonly ks: readonly number[];
  readonly confidence: number;
  /** What differences are taken from. */
  readonly reference: string;
  /** In the order of `armNames`, or of the study's rows. */
  readonly arms: readonly ArmSummary[];
}

const reference: ArmName = 'hard-only';

/** @throws SoarError EVALUATE_RESULTS_DIFFER when the results are not of the same problems; EVALUATE_K_TOO_LARGE. */
export function summarize(
  results: readonly ArmResult[],
  settings: Pick<EvaluateSettings, 'ks' | 'bootstrap'>,
): EvaluationSummary {
  const groups = armNames.map((arm) => ({
    name: arm,
    title: arms[arm].title,
    results: results.filter((result) => result.arm === arm),
  }));
  return summarizeGroups(groups, reference, settings);
}

/** What stands in one row of a table. */
export interface ResultGroup {
  readonly name: string;
  readonly title: string;
  readonly results: readonly ArmResult[];
  /** Of each result, the teacher behind it: students of one teacher hang together and are resampled as one. Default: each its own. */
  readonly teachers?: readonly number[];
}

/** `summarize` for any groups of results, in their order; empty ones are left out. */
export function summarizeGroups(
  groups: readonly ResultGroup[],
  reference: string,
  settings: Pick<EvaluateSettings, 'ks' | 'bootstrap'>,
): EvaluationSummary {
  checkComparable(groups.flatMap(({ results }) => results));
  const { ks, bootstrap } = settings;
  const base = groups.find(({ name, results }) => name === reference && results.length > 0);
  return {
    ks,
    confidence: bootstrap.confidence,
    reference,
    arms: groups.flatMap((group) => {
      const { name, title, results: ofArm } = group;
      if (ofArm.length === 0) return [];
      return {
        arm: name,
        title,
        seeds: ofArm.length,
        trains: ofArm[0].training !== undefined,
        problems: ofArm[0].successes.length,
        samples: ofArm[0].samples,
        passAtK: ks.map((k) => estimate(group, k, bootstrap)),
        ...(base && name !== reference && { difference: ks.map((k) => difference(group, base, k, bootstrap)) }),
        answered: meanOf(ofArm, (result) => result.answered),
        cost: {
          tokensSampled: meanOf(ofArm, (result) => result.cost.tokensSampled),
          tokensTrained: meanOf(ofArm, (result) => result.cost.tokensTrained),
          graded: meanOf(ofArm, (result) => result.cost.graded),
        },
      };
    }),
  };
}

function estimate(group: ResultGroup, k: number, bootstrap: BootstrapSettings): Estimate {
  const { results } = group;
  const each = results.map((result) => passByProblem(result, k));
  const { mean, deviation } = meanAndDeviation(each.map((row) => meanAndDeviation(row).mean));
  const problems = results[0].successes.length;
  const overSeeds = Array.from(
    { length: problems },
    (_, p) => meanAndDeviation(each.map((row) => row[p] as number)).mean,
  );
  const problemVariance = meanAndDeviation(overSeeds).deviation ** 2;
  const certain = mean === 0 || mean === 1;
  const interval = certain
    ? wilson(mean * problems, problems, bootstrap.confidence)
    : bootstrapMean(outcomes(group, k), bootstrap, `interval/${group.name}`);
  return { mean, deviation, problemVariance, ...interval, method: certain ? 'wilson' : 'bootstrap' };
}

function difference(group: ResultGroup, from: ResultGroup, k: number, bootstrap: BootstrapSettings): Difference {
  const one = estimate(group, k, bootstrap);
  const other = estimate(from, k, bootstrap);
  const interval =
    one.method === 'wilson' || other.method === 'wilson'
      ? combinedDifference(one, other)
      : bootstrapDifference(outcomes(group, k), outcomes(from, k), bootstrap, `difference/${group.name}`);
  return { mean: one.mean - other.mean, ...interval };
}

/** pass@k, [seed][problem]; the mean over the students of each teacher where teachers are said, [teacher][problem]. */
function outcomes({ results, teachers }: ResultGroup, k: number): number[][] {
  const each = results.map((result) => passByProblem(result, k));
  if (!teachers) return each;
  const clusters = [...new Set(teachers)].map((teacher) => each.filter((_, i) => teachers[i] === teacher));
  return clusters.map((students) =>
    (students[0] as number[]).map((_, p) => meanAndDeviation(students.map((row) => row[p] as number)).mean),
  );
}

function meanOf(results: readonly ArmResult[], value: (result: ArmResult) => number): number {
  return meanAndDeviation(results.map(value)).mean;
}

function checkComparable(results: readonly ArmResult[]): void {
  const other = results.find(
    (result) => result.successes.length !== results[0].successes.length || result.samples !== results[0].samples,
  );
  if (!other) return;
  throw new SoarError(
    'EVALUATE_RESULTS_DIFFER',
    `results of ${results[0].successes.length} problems with ${results[0].samples} samples stand beside ${other.successes.length} with ${other.samples}`,
    {
      where: `${other.arm}, seed ${other.seed}`,
      remedy: 'compare results of one set of held-out problems with one number of samples; evaluate the others again',
    },
  );
}
