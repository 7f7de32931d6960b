import type { Command } from 'commander';
import { resolveConfig } from '../../run/config/config.js';
import { startRun } from '../../run/run.js';
import { fetchModel } from '../fetch-model.js';
import { addConfigOptions, addRunsFolder, type ConfigOptions, configRequest } from '../options.js';
import { showWork } from '../working.js';

export function addRunCommand(program: Command): void {
  const command = program
    .command('run [config]')
    .description('run SOAR: find hard problems, teach, promote, evaluate, report')
    .option('--name <name>', 'name of the run (default: made from preset and seed)')
    .option('--json', 'events as JSON lines on standard output', false);
  addRunsFolder(addConfigOptions(command))
    .addHelpText(
      'after',
      `
A setting is taken from --set, else from the config file, else from the preset, else from the defaults (the paper's).

Examples:
  $ soar run
  $ soar run my.yaml --preset paper --name first-try
  $ soar run --set soar.promotion.threshold=0.02 --set 'evaluate.arms=[hard-only, pq]' --seed 7`,
    )
    .action(async (file: string | undefined, options: ConfigOptions & { runsDir: string; json: boolean }) => {
      const config = await fetchModel(resolveConfig(configRequest(file, options)));
      return showWork(options.json, (work) => startRun(config, options.runsDir, work));
    });
}
