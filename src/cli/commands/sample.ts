import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { ChatMessage, Prompt } from '../../checkpoints/tokenizer.js';
import { boxTable } from '../../report/index.js';
import { type CompletedText, completeWithModel, completeWithRun } from '../../run/complete.js';
import { resolveConfig } from '../../run/config/config.js';
import { nodeDisk } from '../../run/disk.js';
import { findRun, type RunPaths, readRunConfig } from '../../run/run-folder.js';
import { type SampleRequest, samplePolicy } from '../../run/sample.js';
import { addSpeakingOptions, modelRequest } from '../asking-options.js';
import { fetchModel } from '../fetch-model.js';
import { addRunsFolder, misplacedOption, parseCount } from '../options.js';

interface Options {
  readonly as: SampleRequest['as'];
  readonly run?: string;
  readonly model?: string;
  readonly count?: number;
  readonly n?: number;
  readonly seed: string;
  readonly question?: string;
  readonly prompt?: string;
  readonly chat: boolean;
  readonly system?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxNewTokens?: number;
  readonly workers?: string;
  readonly runsDir: string;
  readonly json: boolean;
}

export function addSampleCommand(program: Command): void {
  const command = program
    .command('sample')
    .description('show what a model writes: to a prompt of yours, as a teacher, or as a student')
    .option('--prompt <text>', 'go on with this text, or answer it with --chat; - reads standard input')
    .addOption(new Option('--as <role>', 'who writes').choices(['teacher', 'student']).default('teacher'))
    .option('--run <run>', 'the policies of this run, as they are now (default: the base model)')
    .option('--model <model>', 'another base model: a folder, or hf:<org>/<name>[@revision]')
    .option('-n, --count <n>', 'how many (default: 10, of a prompt 1)', parseCount)
    .addOption(new Option('--n <n>', 'the same').argParser(parseCount))
    .option('--max-new-tokens <n>', 'of a prompt: most tokens (default 256)', parseCount)
    .option('--seed <text>', 'names the random stream', 'sample')
    .option('--question <text>', 'ask the student this, instead of hard problems')
    .option('--workers <n>', 'worker threads; changes no result (default: one per core)')
    .option('--json', 'JSON lines', false);
  addRunsFolder(addSpeakingOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ soar sample --model ./my-model --prompt 'The primes below 20 are' --n 4
  $ soar sample --model hf:org/name --chat --system 'Be brief.' --prompt 'What is 17 * 3?' --temperature 0
  $ soar sample                                       what the base model writes when it plays the teacher
  $ soar sample --as student --run programs-seed1     the promoted student on held-out hard problems`,
    )
    .action(async (options: Options) => {
      const misplaced = options.prompt === undefined ? misplacedOption(command, withoutPrompt) : undefined;
      if (misplaced !== undefined) return command.error(`error: option '${misplaced}' is of use with --prompt alone`);
      if (options.run !== undefined && options.model !== undefined) {
        return command.error('error: give --run or --model, not both');
      }
      if (options.prompt !== undefined && options.question !== undefined) {
        return command.error('error: give --prompt or --question, not both');
      }
      if (options.system !== undefined && !options.chat) return command.error("error: option '--system' needs --chat");
      const run = options.run === undefined ? undefined : await findRun(options.run, options.runsDir, nodeDisk);
      await (options.prompt === undefined ? ofPolicy(run, options) : ofPrompt(run, options.prompt, options));
    });
}

/** What the other forms take. */
const withoutPrompt = ['as', 'run', 'model', 'count', 'n', 'seed', 'question', 'workers', 'runsDir', 'json'];

/** The config of the run, or of the base model alone. */
const configOf = (run: RunPaths | undefined, { model, workers }: Options) =>
  fetchModel(
    run
      ? readRunConfig(run)
      : resolveConfig(
          modelRequest({
            set: [],
            ...(model !== undefined && { model }),
            ...(workers !== undefined && { workers }),
          }),
        ),
  );

async function ofPolicy(run: RunPaths | undefined, options: Options): Promise<void> {
  const { as, seed, question, json } = options;
  const count = options.n ?? options.count ?? 10;
  const request = { as, count, seed, ...(question !== undefined && { question }) };
  const texts = await samplePolicy(await configOf(run, options), run, request);
  const rows = texts.map(({ question, text, verdict }) => [question, text, verdict]);
  const columns = ['question', 'text', 'verdict'].map((header) => ({ header, align: 'left' as const }));
  process.stdout.write(json ? lines(texts) : `${boxTable({ columns, rows }, process.stdout.columns ?? 100)}\n`);
}

async function ofPrompt(run: RunPaths | undefined, given: string, options: Options): Promise<void> {
  const { as, seed, chat, system, temperature = 1, topP = 1, maxNewTokens, json } = options;
  const said = given === '-' ? await readAll(process.stdin) : given;
  const messages: ChatMessage[] = [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content: said },
  ];
  const prompt: Prompt = chat ? { messages } : said;
  const count = options.n ?? options.count ?? 1;
  const request = { prompt, count, seed, temperature, topP, ...(maxNewTokens !== undefined && { maxNewTokens }) };
  const config = await configOf(run, options);
  const texts = await (run ? completeWithRun(config, run, as, request) : completeWithModel(config, request));
  process.stdout.write(json ? lines(texts) : texts.map((text, i) => shown(text, i + 1, texts.length)).join('\n'));
}

function shown({ text, tokens, finished }: CompletedText, i: number, of: number): string {
  return `--- ${i} of ${of}: ${tokens} tokens, ${finished ? 'ended by itself' : 'cut off at the limit'}\n${text}\n`;
}

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
