import { join } from 'node:path';
import type { Command } from 'commander';
import { studyText } from '../../report/study.js';
import { resolveConfig } from '../../run/config/config.js';
import { hardSetSizes } from '../../run/estimate/hard-set-sizes.js';
import { estimateStudy } from '../../run/estimate/study.js';
import { study } from '../../run/study/study.js';
import { printEstimate } from '../estimate.js';
import { fetchModel } from '../fetch-model.js';
import { addConfigOptions, type ConfigOptions, configRequest, parseCount } from '../options.js';
import { showStudy } from '../progress/study.js';
import { stoppable } from '../stop-signals.js';

interface StudyFlags extends ConfigOptions {
  readonly arms?: string;
  readonly seeds?: number;
  readonly studiesDir: string;
  readonly json: boolean;
  readonly estimate: boolean;
}

export function addStudyCommand(program: Command): void {
  const command = program
    .command('study')
    .description('compare arms over many seeds: does it work, and what makes it work?')
    .argument('[config]', 'YAML file; its section study says what is compared')
    .option('--arms <rows>', 'rows to compare, separated by commas (default: study.rows)')
    .option(
      '--seeds <n>',
      'teachers per loop, and students of rows that need none (default: study.teachers)',
      parseCount,
    )
    .option('--name <name>', "name of the study's folder (default: from the preset)")
    .option('--studies-dir <folder>', 'where studies lie', 'studies')
    .option('--json', 'events as JSON lines', false)
    .option('--estimate', 'say what the study will take, and do not begin it', false);
  addConfigOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar study                                        the main table on the built-in world
  $ soar study --arms hard-only,pq,frozen-pq --seeds 4
  $ soar study --preset programs-ablations            n, tau, window, r
  $ soar study --preset smoke                         the whole path in a minute

The same command continues a study that was stopped; more --seeds or --arms add to a finished one. When a loop or a cell failed the
exit code is 1: the others are there, and the same command tries it again.`,
    )
    .action((file: string | undefined, flags: StudyFlags) => run(file, flags));
}

async function run(file: string | undefined, flags: StudyFlags): Promise<void> {
  const request = configRequest(file, flags);
  const { arms, seeds } = flags;
  const asked = resolveConfig({
    ...request,
    flags: [
      ...(request.flags ?? []),
      ...(arms === undefined ? [] : [{ assignment: `study.rows=[${arms}]`, label: `--arms ${arms}` }]),
      ...(seeds === undefined ? [] : [{ assignment: `study.teachers=${seeds}`, label: `--seeds ${seeds}` }]),
    ],
  });
  if (flags.estimate) {
    const estimate = estimateStudy(asked, await hardSetSizes(asked));
    return printEstimate(asked, estimate, `estimate of a study of preset ${asked.preset}`, flags.json);
  }
  const config = await fetchModel(asked);
  const folder = join(flags.studiesDir, config.name ?? `${config.preset}-study`);
  const display = showStudy(process.stdout, flags.json);
  const { report, clock } = await stoppable(
    (signal) => study(config, folder, { signal, onEvent: display.onEvent }),
    (text) => process.stderr.write(`${text}\n`),
  ).finally(display.close);
  if (report.failures.length > 0) process.exitCode = 1;
  if (flags.json) {
    const { summary, transfer, tests, failures } = report;
    process.stdout.write(`${JSON.stringify({ event: 'results', folder, summary, transfer, tests, failures })}\n`);
    return;
  }
  process.stdout.write(
    `\n${studyText(report, clock, process.stdout.columns ?? 110)}\n\nstudy: ${join(folder, 'study.html')}\n`,
  );
}
