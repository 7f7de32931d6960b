/** The facts of a study as its files show them: summaries of its rows, tests, costs, and what its loops did. Pure; JSON-safe. */
import type { ArmResult } from '../evaluate/arm-result.js';
import type { Diversity } from '../evaluate/diversity/vendi.js';
import { meanAndDeviation } from '../evaluate/moments.js';
import { passByProblem } from '../evaluate/pass-at-k.js';
import { permutationTest } from '../evaluate/permutation.js';
import { seedsToTell } from '../evaluate/power.js';
import type { EvaluateSettings } from '../evaluate/settings.js';
import { type EvaluationSummary, type ResultGroup, summarizeGroups } from '../evaluate/summary.js';
import { type Cost, sumCosts } from '../method/index.js';
import type { Assessment } from '../problems/domain.js';

export interface StudyRowData {
  readonly name: string;
  readonly title: string;
  readonly arm: string;
  readonly loop?: string;
  readonly transfer?: boolean;
  readonly results: readonly ArmResult[];
  /** Of each result. */
  readonly teachers: readonly number[];
  readonly skipped: readonly { readonly teacher: number; readonly reason: string }[];
}

export interface LoopFacts {
  readonly loop: string;
  /** Seed of the run. */
  readonly teacher: number;
  /** Rhat_t, [step]. */
  readonly stepMeans: readonly number[];
  /** Steps that promoted, from 0. */
  readonly promotions: readonly number[];
  /** Number of questions of each kind (with its level, where the domain has levels), [step]. */
  readonly kinds: readonly Readonly<Record<string, number>>[];
  /** A few steps along the loop. */
  readonly stages: readonly (QuestionQuality & Pick<Diversity, 'vendi' | 'distance'> & { readonly step: number })[];
  /** What the teacher wrote at the first step, when it was still the base model, and at the last; what was promoted. Null: nothing. */
  readonly sets: Readonly<Record<SetName, QuestionSet | null>>;
  /** Of the whole loop. */
  readonly cost: Cost;
}

export type SetName = 'first' | 'last' | 'promoted';

export interface QuestionSet extends QuestionQuality, Diversity {
  readonly questions: number;
}

/** Shares of questions; null where the domain cannot tell. */
export interface QuestionQuality {
  readonly wellPosed: number | null;
  /** Well-posed, with a right answer. */
  readonly correct: number | null;
  /** The rest by what is wrong; with `correct` they add up to 1. */
  readonly errors: Readonly<Record<NonNullable<Assessment['error']>, number>> | null;
}

/** Seconds by the clock, of things that ran side by side: no part of the facts, which are the same after any stop. */
export interface StudyClock {
  /** Every cell and every loop. */
  readonly rows: readonly { readonly name: string; readonly seconds: number }[];
  readonly loops: readonly { readonly name: string; readonly seconds: number }[];
}

export interface StudyFailure {
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

export interface StudySources {
  readonly name: string;
  readonly settings: Pick<EvaluateSettings, 'ks' | 'bootstrap'>;
  readonly reference: string;
  /** What says how alike two questions are. */
  readonly embedding: string;
  readonly rows: readonly StudyRowData[];
  readonly loops: readonly LoopFacts[];
  readonly failures: readonly StudyFailure[];
}

export interface RowTest {
  readonly row: string;
  /**
   * Two-sided permutation test of pass@k against the reference, whole teachers exchanged, [k]; null for the reference, and where the seeds
   * of either only sample one model.
   */
  readonly p: readonly (number | null)[];
  /** Independent seeds of either that would tell this difference of pass@k[0] with probability .8 at level .05; null for no difference. */
  readonly seedsToTell: number | null;
  /** Share of seeds above .1 of pass@k[0]. */
  readonly took: number;
  /** Per student: of the student itself, and of the loop behind it. */
  readonly cost: { readonly student: Cost; readonly loop: Cost | null };
}

export interface StudyReport extends StudySources {
  readonly summary: EvaluationSummary;
  /** Rows on the second hard set, compared among themselves. */
  readonly transfer: EvaluationSummary | null;
  readonly tests: readonly RowTest[];
}

export function studyReport(sources: StudySources): StudyReport {
  const { rows, settings, reference } = sources;
  const groups = (transfer: boolean) =>
    rows
      .filter((row) => Boolean(row.transfer) === transfer)
      .map((row): ResultGroup => ({ name: row.name, title: row.title, results: row.results, teachers: row.teachers }));
  const second = groups(true);
  const secondReference = rows.find((row) => row.transfer && row.arm === 'hard-only')?.name ?? '';
  return {
    ...sources,
    summary: summarizeGroups(groups(false), reference, settings),
    transfer: second.some(({ results }) => results.length > 0)
      ? summarizeGroups(second, secondReference, settings)
      : null,
    tests: rows.flatMap((row) =>
      row.results.length === 0
        ? []
        : [
            testOf(
              row,
              rows.find(({ name }) => name === (row.transfer ? secondReference : reference)),
              sources,
            ),
          ],
    ),
  };
}

function testOf(row: StudyRowData, reference: StudyRowData | undefined, { settings, loops }: StudySources): RowTest {
  const means = settings.ks.map((k) => meansByTeacher(row, k));
  const others = settings.ks.map((k) => (reference ? meansByTeacher(reference, k) : []));
  const compared = row.name !== reference?.name && areIndependent(row) && areIndependent(reference);
  const [own, other] = [means[0] as number[], others[0] as number[]];
  const [one, two] = [meanAndDeviation(own), meanAndDeviation(other.length > 0 ? other : [0])];
  const seeds = compared ? seedsToTell(one.mean - two.mean, [one.deviation, two.deviation]) : Number.POSITIVE_INFINITY;
  const costs = loops.filter(({ loop }) => loop === row.loop).map(({ cost }) => cost);
  return {
    row: row.name,
    p: means.map((ofRow, i) =>
      compared ? permutationTest(ofRow, others[i] as number[], `study/${row.name}/${settings.ks[i]}`).p : null,
    ),
    seedsToTell: Number.isFinite(seeds) ? seeds : null,
    took: own.filter((mean) => mean > 0.1).length / own.length,
    cost: { student: meanCost(row.results.map(({ cost }) => cost)), loop: costs.length > 0 ? meanCost(costs) : null },
  };
}

/** Its seeds are students of their own, or come from teachers of their own. */
function areIndependent(row: StudyRowData | undefined): boolean {
  if (!row || row.results.length === 0) return false;
  return row.loop !== undefined || row.results.every(({ training }) => training !== undefined);
}

/** pass@k, [teacher]: the mean over its students. */
function meansByTeacher({ results, teachers }: StudyRowData, k: number): number[] {
  return [...new Set(teachers)].map(
    (teacher) =>
      meanAndDeviation(
        results
          .filter((_, i) => teachers[i] === teacher)
          .map((result) => meanAndDeviation(passByProblem(result, k)).mean),
      ).mean,
  );
}

/** Whole numbers. */
export function meanCost(costs: readonly Cost[]): Cost {
  const { tokensSampled, tokensTrained, graded } = sumCosts(costs);
  const mean = (sum: number) => Math.round(sum / costs.length);
  return { tokensSampled: mean(tokensSampled), tokensTrained: mean(tokensTrained), graded: mean(graded) };
}

export const loopNames = (loops: readonly LoopFacts[]) => [...new Set(loops.map(({ loop }) => loop))];
