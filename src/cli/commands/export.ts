import type { Command } from 'commander';
import { boxTable } from '../../report/index.js';
import { nodeDisk } from '../../run/disk.js';
import { type ExportRequest, exportFormats, exportWhats } from '../../run/export/choice.js';
import { type Exported, exportRun } from '../../run/export/export.js';
import { findRun, readRunConfig } from '../../run/run-folder.js';
import { fetchModel } from '../fetch-model.js';
import { addRunsFolder, parseCount } from '../options.js';

interface Options extends ExportRequest {
  readonly runsDir: string;
  readonly json: boolean;
}

export function addExportCommand(program: Command): void {
  const formats = exportWhats.map((what) => `${what}: ${exportFormats[what].join(' or ')}`).join('; ');
  const command = program
    .command('export')
    .description('write what a run made in the forms that others read: a model folder, a data set')
    .argument('<run>', 'name or folder of the run')
    .requiredOption('--what <thing>', exportWhats.join(', '))
    .option('--format <form>', `${formats} (default: the first)`)
    .option('--out <folder>', 'where it goes (default: exports/<run>-<what>)')
    .option('--promotion <n>', 'the student of this promotion, from 1 (default: the last)', parseCount)
    .option('--force', 'put it in the place of a folder that holds something, all of which goes', false)
    .option('--json', 'print what was written as JSON', false);
  addRunsFolder(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar export programs-seed1 --what student                     a Hugging Face model folder
  $ soar export programs-seed1 --what questions --format parquet  the promotion questions
  $ soar sample --as student --model exports/programs-seed1-student`,
    )
    .action(async (run: string, { runsDir, json, ...request }: Options) => {
      const paths = await findRun(run, runsDir, nodeDisk);
      await fetchModel(readRunConfig(paths));
      const exported = await exportRun(paths, request);
      process.stdout.write(json ? `${JSON.stringify(exported)}\n` : summary(exported));
    });
}

function summary({ run, what, promotion, step, folder, files }: Exported): string {
  const columns = [
    { header: 'File', align: 'left' as const },
    { header: 'Bytes', align: 'right' as const },
  ];
  const rows = files.map(({ name, bytes }) => [name, bytes.toLocaleString('en')]);
  const which = promotion === undefined ? '' : ` of promotion ${promotion}`;
  return `${what}${which} of ${run}, outer step ${step}\n${boxTable({ columns, rows })}\nfolder: ${folder}\n`;
}
