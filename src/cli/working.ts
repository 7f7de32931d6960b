/** Shows a run while it works and what it found when it is done; the same for starting, resuming and evaluating. */
import { billText, boxTable, evaluationText, headline, rolesTable, skippedNotes } from '../report/index.js';
import type { FinishedRun, RunOptions } from '../run/run.js';
import { showProgress } from './progress/show.js';
import { stoppable } from './stop-signals.js';

export async function showWork(json: boolean, work: (options: RunOptions) => Promise<FinishedRun>): Promise<void> {
  const progress = showProgress(process.stdout, json);
  let finished: FinishedRun;
  try {
    finished = await stoppable(
      (signal) => work({ listener: progress.listener, signal }),
      (text) => process.stderr.write(`${text}\n`),
    );
  } finally {
    progress.close();
  }
  const { paths, results, spending } = finished;
  if (json) process.stdout.write(`${JSON.stringify({ event: 'results', results, spending })}\n`);
  else process.stdout.write(`\n${resultsText(finished)}\n\nreport: ${paths.report}\n`);
}

function resultsText({ results, spending }: FinishedRun): string {
  const costs = spendingText(spending);
  const { evaluation, promotions, notEvaluated = [] } = results;
  const said = `${promotions.length} promotions, ${promotions.reduce((sum, one) => sum + one.questions, 0)} promotion questions`;
  if (!evaluation) return [said, ...skippedNotes(notEvaluated), ...costs].join('\n\n');
  const parts = [said, evaluationText(evaluation.summary, evaluation.skipped, process.stdout.columns ?? 100)];
  const sentence = headline(evaluation.summary);
  return [...parts, ...(sentence === undefined ? [] : [sentence]), ...costs].join('\n\n');
}

function spendingText(spending: FinishedRun['spending']): string[] {
  if (spending.roles.length === 0) return [];
  const table = boxTable(rolesTable(spending), process.stdout.columns ?? 100);
  return [[table, billText(spending)].filter(Boolean).join('\n')];
}
