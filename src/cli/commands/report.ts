import type { Command } from 'commander';
import { summarize } from '../../evaluate/index.js';
import { billText, evaluationText } from '../../report/index.js';
import { nodeDisk } from '../../run/disk.js';
import { reportRun } from '../../run/report.js';
import { findRun } from '../../run/run-folder.js';
import { addRunsFolder } from '../options.js';

export function addReportCommand(program: Command): void {
  const command = program.command('report <run>').description('write report.html of a run, finished or not');
  addRunsFolder(command).action(async (run: string, options: { runsDir: string }) => {
    const paths = await findRun(run, options.runsDir, nodeDisk);
    const { state, steps, promotionQuestions, evaluation, spending } = await reportRun(paths, nodeDisk);
    const said = `${state}: ${steps.length} outer steps, ${promotionQuestions.length} promotions`;
    const table =
      evaluation &&
      evaluationText(
        summarize(evaluation.results, evaluation.settings),
        evaluation.skipped,
        process.stdout.columns ?? 100,
      );
    process.stdout.write(
      `${[said, ...(table ? [table] : []), billText(spending), `report: ${paths.report}`].filter(Boolean).join('\n\n')}\n`,
    );
  });
}
