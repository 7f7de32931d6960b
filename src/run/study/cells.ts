/** The cells of a study: one student of one row, from the policies that its loop left behind. */

import type { Policy } from '../../engine/engine.js';
import { bestPromotion } from '../../evaluate/best-promotion.js';
import type { Evaluation } from '../../evaluate/evaluation.js';
import { type ArmResult, arms, runArmUnit } from '../../evaluate/index.js';
import type { StudyCell } from '../../evaluate/study/plan.js';
import { noCost, sumCosts } from '../../method/index.js';
import type { RunConfig } from '../config/config.js';
import { nodeDisk } from '../disk.js';
import { type History, promotionsOf } from '../entries.js';
import type { Ledger } from '../ledger.js';
import { openPromoted, openTeacher } from '../outer-loop.js';
import { openSnapshots } from '../snapshots.js';
import type { HardSet, Workbench } from '../workbench.js';
import type { StudyLoop } from './loops.js';

export interface CellPlace {
  readonly config: RunConfig;
  readonly bench: Workbench;
  readonly hardSet: HardSet;
  /** What the row's loop left; absent for a row that needs none. */
  readonly loop?: FinishedLoop;
  readonly signal: AbortSignal;
}

export interface FinishedLoop extends StudyLoop {
  readonly history: History;
}

export type CellOutcome = { readonly result: ArmResult } | { readonly skipped: string };

/** @param ledger counts what this cell does, beside the workbench's, which counts for all */
export async function runCell(
  { row, teacher, student }: StudyCell,
  place: CellPlace,
  ledger: Ledger,
): Promise<CellOutcome> {
  const evaluation = evaluationOf(row, teacher, place, ledger);
  const reason = arms[row.arm].missing(evaluation);
  if (reason !== undefined) return { skipped: reason };
  let choosing = noCost;
  // Accuracies of the promotions are measured again with every cell: there are few of either.
  const forgetful = {
    promotedAccuracies: () => undefined,
    recordPromotedAccuracies: async (_: readonly number[], cost: typeof choosing) => {
      choosing = cost;
    },
  };
  const promoted = row.arm === 'ps' ? await bestPromotion(evaluation, forgetful) : undefined;
  const result = await runArmUnit(evaluation, row.arm, student, promoted);
  return { result: { ...result, cost: sumCosts([result.cost, choosing]) } };
}

function evaluationOf(
  { arm, questions: ofRow }: StudyCell['row'],
  teacher: number,
  place: CellPlace,
  ledger: Ledger,
): Evaluation {
  const { config, bench, hardSet, loop, signal } = place;
  const { evaluate, soar, study } = config;
  const sampled = evaluate.questions.sampled === 'as-promoted' ? soar.datasetSize : evaluate.questions.sampled;
  const left = loop && { bench, history: loop.history, snapshots: openSnapshots(loop.paths.snapshots, nodeDisk) };
  const examined = async (policy: Promise<Policy>) =>
    ledger.as('evaluation', bench.ledger.as('evaluation', await policy));
  return {
    policies: {
      base: () => examined(bench.base.fork()),
      ...(left && left.history.steps.length > 0 && { teacher: () => examined(openTeacher(left)) }),
      promoted: (index) => examined(openPromoted(left as NonNullable<typeof left>, index)),
    },
    reference: ledger.as('base', bench.base),
    domain: ledger.domain(bench.domain),
    hardTrain: hardSet.train,
    hardTest: hardSet.test,
    promotions: loop ? promotionsOf(loop.history).map(({ questions }) => questions) : [],
    realProblems: bench.realProblems,
    // Every row's fresh students train alike, whatever their loop's students did.
    soar: loop ? { ...loop.config.soar, student: soar.student } : soar,
    settings: {
      ...evaluate,
      arms: [arm],
      seeds: 1,
      questions: { ...evaluate.questions, sampled: ofRow ?? study.questions ?? sampled },
    },
    seed: String(teacher),
    signal,
  };
}
