/** The facts of a study as its files show them: summaries of its rows, tests, costs, and what its loops did. Pure; JSON-safe. */
import type { ArmResult } from '../evaluate/arm-result.js';
import type { Diversity } from '../evaluate/diversity/vendi.js';
import { meanAndDeviation } from '../evaluate/moments.js';
import { passByProblem } from '../evaluate/pass-at-k.js';
import { permutationTest } from '../evaluate/permutation.js';
import { seedsToTell } from '../evaluate/power.js';
import type { EvaluateSettings } from '../evaluate/settings.js';
import { type EvaluationSummary, type ResultGroup, summarizeGroups } from '../evaluate/summary.js';

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
  readonly promotionQuestions: QuestionQuality;
  /** A few steps along the loop. */
  readonly stages: readonly (QuestionQuality &
    Diversity & { readonly step: number; readonly kinds: Readonly<Record<string, number>> })[];
}

/** Shares of questions; null where the domain cannot tell, or where there are none. */
export interface QuestionQuality {
  readonly wellPosed: number | null;
  readonly correct: number | null;
}

export type LoopCost = ArmResult['cost'] & { readonly seconds: number };

export interface StudyLoopData {
  readonly facts: LoopFacts;
  readonly cost: LoopCost;
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
  readonly loops: readonly StudyLoopData[];
  readonly failures: readonly StudyFailure[];
}

export interface RowTest {
  readonly row: string;
  /** Two-sided permutation test of pass@k[0] against the reference, whole teachers exchanged; null where seeds are no students. */
  readonly p: number | null;
  /** Independent seeds of either that would tell this difference with probability .8 at level .05; null for no difference. */
  readonly seedsToTell: number | null;
  /** Share of seeds above .1 of pass@k[0]. */
  readonly took: number;
  /** Per student: of the student itself, and of the loop behind it. */
  readonly cost: { readonly student: ArmResult['cost']; readonly loop: ArmResult['cost'] | null };
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
  const k = settings.ks[0] as number;
  const own = meansByTeacher(row, k);
  const other = reference ? meansByTeacher(reference, k) : [];
  const trained = row.results.every(({ training }) => training !== undefined) && other.length > 0;
  const compared = row.name !== reference?.name && trained;
  const [one, two] = [meanAndDeviation(own), meanAndDeviation(other.length > 0 ? other : [0])];
  const seeds = compared ? seedsToTell(one.mean - two.mean, [one.deviation, two.deviation]) : Number.POSITIVE_INFINITY;
  const costs = loops.filter(({ facts }) => facts.loop === row.loop).map(({ cost }) => cost);
  return {
    row: row.name,
    p: compared ? permutationTest(own, other, `study/${row.name}`).p : null,
    seedsToTell: Number.isFinite(seeds) ? seeds : null,
    took: own.filter((mean) => mean > 0.1).length / own.length,
    cost: { student: meanCost(row.results.map(({ cost }) => cost)), loop: costs.length > 0 ? meanCost(costs) : null },
  };
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

function meanCost(costs: readonly ArmResult['cost'][]): ArmResult['cost'] {
  const mean = (of: (cost: ArmResult['cost']) => number) => Math.round(meanAndDeviation(costs.map(of)).mean);
  return {
    tokensSampled: mean((cost) => cost.tokensSampled),
    tokensTrained: mean((cost) => cost.tokensTrained),
    graded: mean((cost) => cost.graded),
  };
}
