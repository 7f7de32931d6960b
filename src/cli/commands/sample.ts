import { type Command, Option } from 'commander';
import { boxTable } from '../../report/index.js';
import { resolveConfig } from '../../run/config/config.js';
import { nodeDisk } from '../../run/disk.js';
import { findRun, readRunConfig } from '../../run/run-folder.js';
import { type SampleRequest, samplePolicy } from '../../run/sample.js';
import { addRunsFolder, parseCount } from '../options.js';

interface Options {
  readonly as: SampleRequest['as'];
  readonly run?: string;
  readonly model?: string;
  readonly count: number;
  readonly seed: string;
  readonly question?: string;
  readonly runsDir: string;
  readonly json: boolean;
}

export function addSampleCommand(program: Command): void {
  const command = program
    .command('sample')
    .description('show what a policy writes: questions of a teacher, or answers of a student')
    .addOption(new Option('--as <role>', 'who writes').choices(['teacher', 'student']).default('teacher'))
    .option('--run <run>', 'the policies of this run, as they are now (default: the base model)')
    .option('--model <folder>', 'another base model')
    .option('-n, --count <n>', 'how many', parseCount, 10)
    .option('--seed <text>', 'names the random stream', 'sample')
    .option('--question <text>', 'ask the student this, instead of hard problems')
    .option('--json', 'JSON lines', false);
  addRunsFolder(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar sample                                       what the base model writes when it plays the teacher
  $ soar sample --as student --run programs-seed1     the promoted student on held-out hard problems`,
    )
    .action(async (options: Options) => {
      const run = options.run === undefined ? undefined : await findRun(options.run, options.runsDir, nodeDisk);
      const sets = options.model === undefined ? [] : [`model=${JSON.stringify(options.model)}`];
      const config = run ? readRunConfig(run) : resolveConfig({ sets });
      const texts = await samplePolicy(config, run, options);
      const rows = texts.map(({ question, text, verdict }) => [question, text, verdict]);
      const columns = ['question', 'text', 'verdict'].map((header) => ({ header, align: 'left' as const }));
      process.stdout.write(
        options.json
          ? texts.map((text) => `${JSON.stringify(text)}\n`).join('')
          : `${boxTable({ columns, rows }, process.stdout.columns ?? 100)}\n`,
      );
    });
}
