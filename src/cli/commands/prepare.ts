import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ColumnMapping, ReadOptions } from '../../problems/index.js';
import { coldStartText } from '../../report/index.js';
import { resolveConfig } from '../../run/config/config.js';
import { estimateScreening } from '../../run/estimate/prepare.js';
import { type HardSetManifest, hardSetFiles } from '../../run/hard-set-folder.js';
import { readSet } from '../../run/prepare/asking.js';
import { prepareHardSet } from '../../run/prepare/prepare.js';
import type { PrepareRequest } from '../../run/prepare/request.js';
import { printEstimate } from '../estimate.js';
import { addConfigOptions, type ConfigOptions, configRequest, parseCount } from '../options.js';
import { showSteps } from '../progress/steps.js';
import { stoppable } from '../stop-signals.js';

interface PrepareFlags extends ConfigOptions {
  readonly model?: string;
  readonly format: NonNullable<ReadOptions['format']>;
  readonly map?: ColumnMapping;
  readonly split?: string;
  readonly limit?: number;
  readonly attempts: number;
  readonly maxNewTokens?: number;
  readonly stopAtFirstSuccess: boolean;
  readonly longPrompts: PrepareRequest['longPrompts'];
  readonly trainFraction: number;
  readonly out?: string;
  readonly json: boolean;
  readonly estimate: boolean;
}

const formats = ['auto', 'math', 'harp', 'olympiadbench', 'gsm8k', 'mapped'] as const;

export function addPrepareCommand(program: Command): void {
  const command = program
    .command('prepare')
    .description('find the problems that a model never solves, and split them into a hard set for `soar run`')
    .argument('<dataset>', 'a file or folder, hf:<org>/<dataset>[@revision], - for JSON lines, or world')
    .option('--model <folder>', 'the policy that must fail (default: the shipped one)')
    .option('--attempts <k>', 'tries per problem: hard is what fails all of them', parseCount, 128)
    .option(
      '--stop-at-first-success',
      'try a problem no longer once it is solved: cheaper, the same kind of hard set',
      false,
    )
    .option('--train-fraction <share>', 'share of the hard problems to train on; the rest is held out', parseShare, 0.5)
    .option('--out <folder>', 'where the hard set goes (default: hard-sets/<name of the dataset>)')
    .addOption(new Option('--format <form>', 'form of the dataset').choices(formats).default('auto'))
    .option(
      '--map <columns>',
      'columns of a file of your own: question=prompt,answer=target[,id=..,subject=..,level=..]',
      parseMapping,
    )
    .option('--split <word>', 'files of a folder or hub dataset by a word of their path, or all')
    .option('--limit <n>', 'only the first n usable problems', parseCount)
    .option('--max-new-tokens <n>', 'most tokens of an answer (default: the config: 1024)', parseCount)
    .addOption(
      new Option('--long-prompts <what>', 'what becomes of prompts that leave no room for an answer')
        .choices(['refuse', 'cut'])
        .default('refuse'),
    )
    .option('--json', 'print the manifest instead of the summary', false)
    .option('--estimate', 'read the dataset and say what screening it will take, and do not begin it', false);
  addConfigOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ soar prepare math_test.jsonl --model ./my-model --out hard-sets/math
  $ soar prepare hf:openai/gsm8k@main --split test --model ./my-model --stop-at-first-success
  $ soar prepare own.csv --map question=prompt,answer=target --model ./my-model
  $ soar prepare world                                    the built-in world, with the shipped model
  $ soar run --preset paper --set model=./my-model --set problems.hardSet=hard-sets/math

An interrupted screen continues with the same command and ends with the same bytes.`,
    )
    .action((dataset: string, flags: PrepareFlags) => prepare(dataset, flags));
}

async function prepare(dataset: string, flags: PrepareFlags): Promise<void> {
  const { attempts, stopAtFirstSuccess, longPrompts, trainFraction } = flags;
  const config = resolveConfig(withFlags(dataset, flags));
  const out = flags.out ?? join('hard-sets', defaultName(dataset));
  const request: PrepareRequest = {
    dataset,
    read: {
      format: flags.format,
      ...(flags.map && { mapping: flags.map }),
      ...(flags.split !== undefined && { split: flags.split }),
    },
    ...(flags.limit !== undefined && { limit: flags.limit }),
    config,
    attempts,
    stopAtFirstSuccess,
    longPrompts,
    trainFraction,
    out,
  };
  if (flags.estimate) {
    const { problems } = await readSet(request);
    const estimate = estimateScreening(config, { problems: problems.length, attempts, stopAtFirstSuccess });
    return printEstimate(config, estimate, `estimate of screening ${problems.length} problems`, flags.json);
  }
  const steps = showSteps(flags.json ? process.stderr : process.stdout, 'screened');
  const { manifest, audit } = await stoppable(
    (signal) =>
      prepareHardSet(request, {
        signal,
        onProgress: ({ done, of, before, solved }) => steps.update(done, of, `${solved} solved at least once`, before),
      }),
    (text) => process.stderr.write(`${text}\n`),
  ).finally(() => steps.close());
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(manifest)}\n`);
    return;
  }
  process.stdout.write(`${coldStartText(audit, process.stdout.columns ?? 100)}\n\n${summary(manifest, out)}\n`);
}

function withFlags(dataset: string, flags: PrepareFlags) {
  const { model, maxNewTokens } = flags;
  const request = configRequest(undefined, flags);
  return {
    preset: dataset === 'world' ? 'programs' : 'paper',
    ...request,
    flags: [
      ...(request.flags ?? []),
      ...(model === undefined ? [] : [{ assignment: `model=${JSON.stringify(model)}`, label: `--model ${model}` }]),
      ...(maxNewTokens === undefined
        ? []
        : [
            {
              assignment: `soar.student.sampling.maxNewTokens=${maxNewTokens}`,
              label: `--max-new-tokens ${maxNewTokens}`,
            },
          ]),
    ],
  };
}

function summary({ counts, screen, dataset }: HardSetManifest, out: string): string {
  const refused = Object.entries(counts.refused).map(([reason, count]) => `${count} ${reason}`);
  const saved = counts.attemptsSaved;
  return [
    `${dataset.source}: ${counts.rows} rows, ${counts.problems} problems taken${counts.beyondLimit > 0 ? `, ${counts.beyondLimit} left by --limit` : ''}${refused.length > 0 ? `; refused: ${refused.join(', ')} (${hardSetFiles.refused})` : ''}`,
    `${counts.screened} screened with ${counts.attempts} attempts, ${counts.tokens} tokens${saved > 0 ? `; stopping at the first success saved ${saved} attempts (${Math.round((100 * saved) / (saved + counts.attempts))} %)` : ''}`,
    ...(counts.cutPrompts > 0
      ? [`${counts.cutPrompts} prompts were cut to their last tokens: the model did not see these questions whole`]
      : []),
    ...(counts.unwritablePrompts > 0
      ? [
          `${counts.unwritablePrompts} prompts hold characters that this model's tokenizer does not know: it saw something else in their place`,
        ]
      : []),
    `${counts.hard} hard problems (0 of ${screen.attempts}): ${counts.train} to train on, ${counts.test} held out`,
    `hard set: ${out}`,
  ].join('\n');
}

const defaultName = (dataset: string) =>
  dataset === '-'
    ? 'stdin'
    : (dataset.split('@')[0] as string)
        .replace(/\/$/, '')
        .split(/[/:]/)
        .at(-1)
        ?.replace(/\.\w+$/, '') || 'set';

function parseShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share < 1)) throw new InvalidArgumentError('give a number between 0 and 1');
  return share;
}

const roles = ['question', 'answer', 'id', 'subject', 'level'];

function parseMapping(text: string): ColumnMapping {
  const pairs = text.split(',').map((pair) => pair.split('='));
  const form = 'write question=<column>,answer=<column>, and id, subject, level if you have them';
  if (pairs.some(([role, column]) => !roles.includes(role as string) || !column)) throw new InvalidArgumentError(form);
  const mapping = Object.fromEntries(pairs);
  if (mapping.question === undefined || mapping.answer === undefined) throw new InvalidArgumentError(form);
  return mapping;
}
