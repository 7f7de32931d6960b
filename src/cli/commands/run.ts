import type { Command } from 'commander';
import { resolveConfig } from '../../run/config/config.js';
import { estimateRun, estimateTitle } from '../../run/estimate/estimate.js';
import { hardSetSizes } from '../../run/estimate/hard-set-sizes.js';
import { startRun } from '../../run/run.js';
import { printEstimate } from '../estimate.js';
import { fetchModel } from '../fetch-model.js';
import { addConfigOptions, addRunsFolder, type ConfigOptions, configRequest } from '../options.js';
import { showWork } from '../working.js';

interface RunFlags extends ConfigOptions {
  readonly runsDir: string;
  readonly json: boolean;
  readonly estimate: boolean;
}

export function addRunCommand(program: Command): void {
  const command = program
    .command('run [config]')
    .description('run SOAR: find hard problems, teach, promote, evaluate, report')
    .option('--name <name>', 'name of the run (default: made from preset and seed)')
    .option('--json', 'events as JSON lines on standard output', false)
    .option('--estimate', 'say what the run will take, and cost by `prices`, and do not begin it', false);
  addRunsFolder(addConfigOptions(command))
    .addHelpText(
      'after',
      `
A setting is taken from --set, else from the config file, else from the preset, else from the defaults (the paper's).

Examples:
  $ soar run
  $ soar run my.yaml --preset paper --name first-try
  $ soar run my.yaml --estimate                        tokens and money by part; opens nothing
  $ soar run --set soar.promotion.threshold=0.02 --set 'evaluate.arms=[hard-only, pq]' --seed 7`,
    )
    .action(async (file: string | undefined, options: RunFlags) => {
      const asked = resolveConfig(configRequest(file, options));
      if (options.estimate) {
        return printEstimate(asked, estimateRun(asked, await hardSetSizes(asked)), estimateTitle(asked), options.json);
      }
      const config = await fetchModel(asked);
      return showWork(options.json, (work) => startRun(config, options.runsDir, work));
    });
}
