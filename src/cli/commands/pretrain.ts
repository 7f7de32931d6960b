import type { Command } from 'commander';
import { worldConditions } from '../../evaluate/world-conditions.js';
import type { DesignRow } from '../../evaluate/world-design.js';
import { boxTable } from '../../report/table.js';
import { resolveConfig } from '../../run/config/config.js';
import { checkWorld, pretrainModel } from '../../run/pretrain.js';
import { type PretrainProgress, pretrainSettingsSchema } from '../../run/pretraining.js';
import { fetchModel } from '../fetch-model.js';
import { addConfigOptions, type ConfigOptions, configRequest, misplacedOption, parseCount } from '../options.js';
import { showSteps } from '../progress/steps.js';
import { stoppable } from '../stop-signals.js';

interface PretrainOptions extends ConfigOptions {
  readonly out: string;
  readonly steps?: number;
  readonly check: boolean;
  readonly seeds: number;
}

export function addPretrainCommand(program: Command): void {
  const command = program
    .command('pretrain')
    .description("make the built-in world's base model, or check what a demonstration on it is worth")
    .option('--out <folder>', 'where the model folder goes', 'models/my-base')
    .option('--steps <n>', 'optimizer steps (default 7000)', parseCount)
    .option('--check', "measure the world's conditions with the config's model instead of making one", false)
    .option('--seeds <n>', 'seeds of the control arms in the check', parseCount, 12);
  addConfigOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar pretrain --out models/mine --seed 7
  $ soar pretrain --check              exit code 1 if a condition fails
  $ soar pretrain --check --set model=models/mine --seeds 4`,
    )
    .action((options: PretrainOptions) => {
      const misplaced = misplacedOption(command, options.check ? ofCheck : ofMaking);
      if (misplaced === undefined) return options.check ? check(options) : make(options);
      const where = options.check ? 'is of no use with --check' : 'is of use with --check alone';
      return command.error(`error: option '${misplaced}' ${where}`);
    });
}

const ofMaking = ['out', 'steps', 'seed'];
const ofCheck = ['check', 'seeds', 'preset', 'set', 'seed', 'workers'];

async function make({ out, steps, seed }: PretrainOptions): Promise<void> {
  const settings = pretrainSettingsSchema.parse(steps === undefined ? {} : { steps });
  const progress = showSteps(process.stdout, 'pre-training');
  try {
    const onProgress = ({ step, steps: of, loss }: PretrainProgress) =>
      progress.update(step + 1, of, `loss ${loss.toFixed(3)}`);
    const made = await stoppable(
      (signal) => pretrainModel({ out, settings, seed: seed ?? 'base', onProgress, signal }),
      (text) => process.stderr.write(`${text}\n`),
    );
    progress.close();
    process.stdout.write(`${out}: ${made.parameters} parameters, loss ${made.loss.toFixed(3)}\n`);
    made.successByLength.forEach((share, i) => {
      process.stdout.write(`  length ${String(i + 1).padStart(2)}  ${share.toFixed(4)}\n`);
    });
  } finally {
    progress.close();
  }
}

async function check(options: PretrainOptions): Promise<void> {
  const config = await fetchModel(resolveConfig(configRequest(undefined, options)));
  const progress = showSteps(process.stderr, 'inner runs');
  let part = '';
  const onRow = (row: DesignRow) => {
    progress.clear();
    if (row.part !== part) process.stdout.write(`${row.part}\n`);
    part = row.part;
    process.stdout.write(`  ${row.what.padEnd(44)} ${row.values.map((value) => value.toFixed(4)).join(' ')}\n`);
  };
  const onProgress = (done: number, of: number) => progress.update(done, of, '');
  const rows = await checkWorld(config, { seeds: options.seeds, onRow, onProgress }).finally(() => progress.clear());
  const conditions = worldConditions(rows);
  const cells = conditions.map(({ what, wanted, found, holds }) => [what, wanted, found, holds ? 'holds' : 'FAILS']);
  process.stdout.write(`\n${boxTable({ columns: conditionColumns, rows: cells })}\n`);
  if (conditions.some(({ holds }) => !holds)) process.exitCode = 1;
}

const conditionColumns = ['condition', 'wanted', 'found', ''].map((header) => ({ header, align: 'left' }) as const);
