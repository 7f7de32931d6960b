import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { percent } from '../../report/format.js';
import { modelPassText } from '../../report/model-pass.js';
import { nodeDisk } from '../../run/disk.js';
import { evaluateAgain } from '../../run/evaluate-again.js';
import { evaluateModel } from '../../run/evaluate-model/evaluate-model.js';
import { type ModelEvaluation, modelEvaluationFiles } from '../../run/evaluate-model/request.js';
import { findRun } from '../../run/run-folder.js';
import { type AskingFlags, addSetOptions, addSpeakingOptions, askRequest, shortName } from '../asking-options.js';
import { showFetch } from '../fetch-model.js';
import { addConfigOptions, addRunsFolder, misplacedOption, parseCount, parseWorkers } from '../options.js';
import { showSteps } from '../progress/steps.js';
import { stoppable } from '../stop-signals.js';
import { showWork } from '../working.js';

interface Flags extends AskingFlags {
  readonly runsDir: string;
  readonly json: boolean;
  readonly problems?: string;
  readonly k: readonly number[];
  readonly samples?: number;
  readonly out?: string;
}

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('evaluate a run with other settings of the section evaluate, or any model on any set of problems')
    .argument('[run]', 'a run, finished or not')
    .option('--problems <set>', 'a file or folder, hf:<org>/<dataset>[@revision], - for JSON lines, or world')
    .option('--model <model>', 'a model folder, or hf:<org>/<name>[@revision] (default: the shipped one)')
    .option('--k <list>', 'k of pass@k', parseKs, [1, 8, 32])
    .option('--samples <n>', 'completions per problem (default: the largest k)', parseCount)
    .option('--out <folder>', 'where results and completions go (default: evaluations/<model>-<set>)')
    .option('--json', 'JSON on standard output: events of a run, results of a model', false);
  addRunsFolder(addConfigOptions(addSpeakingOptions(addSetOptions(command))))
    .addHelpText(
      'after',
      `
Results of a run lie in <run>/evaluations/, a folder per set of settings. The same command again goes on where it was stopped.

Examples:
  $ soar evaluate programs-seed1 --set evaluate.seeds=12 --set 'evaluate.arms=[hard-only, base-t, grounded-t, pq, ps]'
  $ soar evaluate --model ./my-model --problems math_test.jsonl --k 1,8,32
  $ soar evaluate --model hf:org/name --problems own.csv --map question=prompt,answer=target --chat --k 1 --temperature 0`,
    )
    .action((run: string | undefined, flags: Flags) => {
      if (run !== undefined && flags.problems !== undefined) {
        return command.error(
          "error: give a run, or --problems for a model's evaluation; `soar export` makes a model of a run's student",
        );
      }
      const misplaced = run === undefined ? undefined : misplacedOption(command, ofRunToo);
      if (misplaced !== undefined) return command.error(`error: option '${misplaced}' is of use with --problems alone`);
      if (run !== undefined) return ofRun(run, flags);
      if (flags.problems === undefined)
        return command.error("error: missing required argument 'run', or --problems and a --model");
      return ofModel(flags.problems, flags);
    });
}

/** What a run's evaluation takes as well. */
const ofRunToo = ['set', 'workers', 'runsDir', 'json'];

async function ofRun(run: string, flags: Flags): Promise<void> {
  const paths = await findRun(run, flags.runsDir, nodeDisk);
  const workers = flags.workers === undefined ? undefined : parseWorkers(flags.workers);
  await showWork(flags.json, (work) => evaluateAgain(paths, flags.set, { ...work, ...(workers && { workers }) }));
}

async function ofModel(problems: string, flags: Flags): Promise<void> {
  const asked = askRequest(problems, flags);
  const out = flags.out ?? join('evaluations', `${shortName(asked.config.model)}-${shortName(problems)}`);
  const ks = [...new Set(flags.k)].sort((a, b) => a - b);
  const request = { ...asked, ks, samples: flags.samples ?? Math.max(...ks), out };
  const fetching = showFetch();
  const steps = showSteps(flags.json ? process.stderr : process.stdout, 'completions');
  const results = await stoppable(
    (signal) =>
      evaluateModel(request, {
        signal,
        onFetch: fetching.onFetch,
        onProgress: ({ done, of, before, correct }) => steps.update(done, of, `${percent(correct)} % correct`, before),
      }),
    (text) => process.stderr.write(`${text}\n`),
  ).finally(() => {
    fetching.close();
    steps.close();
  });
  process.stdout.write(flags.json ? `${JSON.stringify(results)}\n` : `${summary(results, out)}\n`);
}

function summary({ counts, dataset, model, pass, ...shares }: ModelEvaluation, out: string): string {
  const refused = Object.entries(counts.refused).map(([reason, count]) => `${count} ${reason}`);
  const marred = [
    ...(counts.cutPrompts > 0 ? [`${counts.cutPrompts} prompts were cut to their last tokens`] : []),
    ...(counts.unwritablePrompts > 0
      ? [`${counts.unwritablePrompts} prompts hold characters that this model's tokenizer does not know`]
      : []),
  ];
  return [
    modelPassText(pass, process.stdout.columns ?? 100),
    '',
    `${model.name} on ${dataset.source}: ${counts.problems} of ${counts.rows} rows${refused.length > 0 ? `; refused: ${refused.join(', ')} (${modelEvaluationFiles.refused})` : ''}`,
    `${counts.completions} completions, ${counts.tokens} tokens: ${percent(shares.correct)} % correct, ${percent(shares.answered)} % with an answer in the asked form, ${percent(1 - shares.finished)} % cut off at the token limit`,
    ...marred,
    `results: ${join(out, modelEvaluationFiles.results)}, completions: ${join(out, modelEvaluationFiles.completions)}`,
  ].join('\n');
}

function parseKs(text: string): number[] {
  const ks = text.split(',').map(Number);
  if (ks.some((k) => !Number.isInteger(k) || k < 1))
    throw new InvalidArgumentError('give whole numbers from 1: 1,8,32');
  return ks;
}
