import type { Command } from 'commander';
import { nodeDisk } from '../../run/disk.js';
import { evaluateAgain } from '../../run/evaluate-again.js';
import { findRun } from '../../run/run-folder.js';
import { addRunsFolder, addSetOption } from '../options.js';
import { showWork } from '../working.js';

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate <run>')
    .description('evaluate a run, finished or not, with other settings of the section evaluate')
    .option('--json', 'events as JSON lines on standard output', false);
  addRunsFolder(addSetOption(command))
    .addHelpText(
      'after',
      `
Results lie in <run>/evaluations/, a folder per set of settings; the same command again goes on where it was stopped.

Example:
  $ soar evaluate programs-seed1 --set evaluate.seeds=12 --set 'evaluate.arms=[hard-only, base-t, grounded-t, pq, ps]'`,
    )
    .action(async (run: string, options: { runsDir: string; json: boolean; set: readonly string[] }) => {
      const paths = await findRun(run, options.runsDir, nodeDisk);
      await showWork(options.json, (work) => evaluateAgain(paths, options.set, work));
    });
}
