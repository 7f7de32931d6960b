/**
 * What a finished run leaves for people and programs: results.json and promotion-questions.jsonl, made of the journal's
 * facts alone (no name, no clock), and the report. Each file appears whole or not at all.
 */
import type { ArmResult, EvaluationOutcome, EvaluationSummary, SkippedArm } from '../evaluate/index.js';
import { summarize } from '../evaluate/index.js';
import type { SoarState } from '../method/index.js';
import { reportHtml, type SpendingReport } from '../report/index.js';
import type { RunConfig } from './config/config.js';
import { type History, promotionsOf, type RunEntry, type RunIdentity, stateOf } from './entries.js';
import { readMetrics } from './metrics.js';
import type { OpenRun } from './open-run.js';
import { reportData } from './report-data.js';
import { jsonLinesText, writeWhole } from './write-whole.js';

export interface RunResults {
  readonly identity: RunIdentity;
  readonly seed: number;
  readonly hardProblems: { readonly train: number; readonly test: number; readonly screened: number };
  /** How the outer loop ended. */
  readonly state: SoarState;
  /** Rhat_t, [step]. */
  readonly stepMeans: readonly number[];
  readonly promotions: readonly {
    readonly step: number;
    readonly questions: number;
    /** Of the promoted student on that step's reward questions. */
    readonly accuracy: number;
  }[];
  /** Absent when no arm was asked for. */
  readonly evaluation?: {
    readonly summary: EvaluationSummary;
    readonly skipped: readonly SkippedArm[];
    readonly units: readonly ArmResult[];
  };
  /** Arms that were asked for when none could be run. */
  readonly notEvaluated?: readonly SkippedArm[];
}

export function resultsOf(config: RunConfig, history: History, evaluation: EvaluationOutcome): RunResults {
  const state = stateOf(history);
  const { hardSet } = history;
  return {
    identity: history.identity as RunIdentity,
    seed: config.seed,
    hardProblems: {
      train: hardSet?.train.length ?? 0,
      test: hardSet?.test.length ?? 0,
      screened: hardSet?.screened ?? 0,
    },
    state,
    stepMeans: history.steps.map((step) => step.stepMean),
    promotions: promotionsOf(history).map(({ questions, accuracy }, index) => ({
      step: state.promotions[index].step,
      questions: questions.length,
      accuracy,
    })),
    ...(evaluation.results.length > 0 && {
      evaluation: {
        summary: summarize(evaluation.results, config.evaluate),
        skipped: evaluation.skipped,
        units: evaluation.results,
      },
    }),
    ...(evaluation.results.length === 0 && evaluation.skipped.length > 0 && { notEvaluated: evaluation.skipped }),
  };
}

/** `entries`: what the report shows. */
export async function writeResults(
  run: OpenRun,
  evaluation: EvaluationOutcome,
  entries: readonly RunEntry[],
): Promise<{ readonly results: RunResults; readonly spending: SpendingReport }> {
  const { paths, config, history, disk } = run;
  const results = resultsOf(config, history, evaluation);
  await writeWhole(paths.promotionQuestions, promotionQuestionsText(history), disk);
  await writeWhole(paths.results, `${JSON.stringify(results, null, 2)}\n`, disk);
  const metrics = await readMetrics(paths.metrics, disk);
  const data = reportData({ name: paths.name, state: 'finished', config, entries, metrics });
  await writeWhole(paths.report, reportHtml(data), disk);
  await disk.syncFolder(paths.folder);
  return { results, spending: data.spending };
}

/** D_best, a question per line. */
function promotionQuestionsText(history: History): string {
  return jsonLinesText(
    promotionsOf(history).flatMap(({ questions }, promotion) =>
      questions.map(({ id, question, gold, subject }) => ({ id, promotion, kind: subject, question, answer: gold })),
    ),
  );
}
