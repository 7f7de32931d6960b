import type { Command } from 'commander';
import { nodeDisk } from '../../run/disk.js';
import { resumeRun } from '../../run/run.js';
import { findRun, readRunConfig } from '../../run/run-folder.js';
import { fetchModel } from '../fetch-model.js';
import { addRunsFolder, parseWorkers } from '../options.js';
import { showWork } from '../working.js';

export function addResumeCommand(program: Command): void {
  const command = program
    .command('resume <run>')
    .description('go on with a run that was stopped or killed; what is done is not done again')
    .option('--workers <n>', 'worker threads; changes no result', parseWorkers)
    .option('--json', 'events as JSON lines on standard output', false);
  addRunsFolder(command)
    .addHelpText('after', '\n<run> is a run folder, or the name of one within --runs-dir.')
    .action(async (run: string, options: { runsDir: string; json: boolean; workers?: number | 'auto' }) => {
      const paths = await findRun(run, options.runsDir, nodeDisk);
      await fetchModel(readRunConfig(paths));
      const { workers } = options;
      await showWork(options.json, (work) => resumeRun(paths, { ...work, ...(workers && { workers }) }));
    });
}
