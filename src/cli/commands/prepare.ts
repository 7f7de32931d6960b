import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { coldStartText } from '../../report/index.js';
import { readSet } from '../../run/asking.js';
import { estimateScreening } from '../../run/estimate/prepare.js';
import { type HardSetManifest, hardSetFiles } from '../../run/hard-set-folder.js';
import { prepareHardSet } from '../../run/prepare/prepare.js';
import type { PrepareRequest } from '../../run/prepare/request.js';
import { type AskingFlags, addSetOptions, addSpeakingOptions, askRequest, shortName } from '../asking-options.js';
import { printEstimate } from '../estimate.js';
import { showFetch } from '../fetch-model.js';
import { addConfigOptions, parseCount } from '../options.js';
import { showSteps } from '../progress/steps.js';
import { stoppable } from '../stop-signals.js';

interface PrepareFlags extends AskingFlags {
  readonly attempts: number;
  readonly stopAtFirstSuccess: boolean;
  readonly trainFraction: number;
  readonly out?: string;
  readonly json: boolean;
  readonly estimate: boolean;
}

export function addPrepareCommand(program: Command): void {
  const command = program
    .command('prepare')
    .description('find the problems that a model never solves, and split them into a hard set for `soar run`')
    .argument('<dataset>', 'a file or folder, hf:<org>/<dataset>[@revision], - for JSON lines, or world')
    .option(
      '--model <model>',
      'the policy that must fail: a folder, or hf:<org>/<name>[@revision] (default: the shipped one)',
    )
    .option('--attempts <k>', 'tries per problem: hard is what fails all of them', parseCount, 128)
    .option(
      '--stop-at-first-success',
      'try a problem no longer once it is solved: cheaper, the same kind of hard set',
      false,
    )
    .option('--train-fraction <share>', 'share of the hard problems to train on; the rest is held out', parseShare, 0.5)
    .option('--out <folder>', 'where the hard set goes (default: hard-sets/<name of the dataset>)')
    .option('--json', 'print the manifest instead of the summary', false)
    .option('--estimate', 'read the dataset and say what screening it will take, and do not begin it', false);
  addConfigOptions(addSpeakingOptions(addSetOptions(command)))
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
  const { attempts, stopAtFirstSuccess, trainFraction } = flags;
  const out = flags.out ?? join('hard-sets', shortName(dataset));
  const request: PrepareRequest = {
    ...askRequest(dataset, flags),
    attempts,
    stopAtFirstSuccess,
    trainFraction,
    out,
  };
  if (flags.estimate) {
    const { problems } = await readSet(request);
    const { config } = request;
    const estimate = estimateScreening(config, { problems: problems.length, attempts, stopAtFirstSuccess });
    return printEstimate(config, estimate, `estimate of screening ${problems.length} problems`, flags.json);
  }
  const steps = showSteps(flags.json ? process.stderr : process.stdout, 'screened');
  const fetching = showFetch();
  const { manifest, audit } = await stoppable(
    (signal) =>
      prepareHardSet(request, {
        signal,
        onFetch: fetching.onFetch,
        onProgress: ({ done, of, before, solved }) => steps.update(done, of, `${solved} solved at least once`, before),
      }),
    (text) => process.stderr.write(`${text}\n`),
  ).finally(() => {
    fetching.close();
    steps.close();
  });
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(manifest)}\n`);
    return;
  }
  process.stdout.write(`${coldStartText(audit, process.stdout.columns ?? 100)}\n\n${summary(manifest, out)}\n`);
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

function parseShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share < 1)) throw new InvalidArgumentError('give a number between 0 and 1');
  return share;
}
