import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import { SoarError } from '../../errors.js';
import { parseSources } from '../../run/config/parse.js';
import { setSource } from '../../run/config/sources.js';
import { createVerifier, type Verifier, verificationPolicySchema, verifyRows } from '../../verify/index.js';
import { addSetOption, parseCount } from '../options.js';

interface Options {
  readonly gold?: string;
  readonly answer?: string;
  readonly jsonl: boolean;
  readonly json: boolean;
  readonly mode?: string;
  readonly verifier: string;
  readonly workers: number;
  readonly set: readonly string[];
}

type Policy = ReturnType<typeof verificationPolicySchema.parse>;

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('judge an answer against a gold one, or many from standard input')
    .option('--gold <text>', 'the right answer')
    .option('--answer <text>', 'the text to judge')
    .option('--jsonl', 'rows {"id", "gold", "text", "mode"} from standard input, verdict rows out', false)
    .option('--json', 'the verdict as JSON', false)
    .addOption(
      new Option('--mode <mode>', 'where the answer is looked for').choices(['reward', 'evaluation', 'answer']),
    )
    .option('--verifier <name>', 'mathematics, exact, or a module such as ./mine.js', 'mathematics')
    .option('--workers <n>', 'worker threads', parseCount, 1);
  addSetOption(command)
    .addHelpText(
      'after',
      `
--set takes the switches of the comparison: listOrder, percent, units, pairs, tolerance, unit.

Examples:
  $ soar verify --gold '\\frac12' --answer 'so \\boxed{0.5}'
  $ soar verify --jsonl --mode evaluation < cases.jsonl > verdicts.jsonl`,
    )
    .action(async (options: Options) => {
      const mode = options.mode === undefined ? [] : [setSource(`mode=${options.mode}`, `--mode ${options.mode}`)];
      const sets = options.set.map((assignment) => setSource(assignment));
      const policy = parseSources(verificationPolicySchema, [...sets, ...mode]);
      const verifier = createVerifier(options.verifier, { workers: options.workers });
      try {
        await (options.jsonl ? verifyInput(verifier, policy) : verifyOne(verifier, policy, options));
      } finally {
        await verifier.close();
      }
    });
}

async function verifyOne(verifier: Verifier, policy: Policy, { gold, answer, json }: Options): Promise<void> {
  if (gold === undefined || answer === undefined) {
    throw new SoarError('VERIFY_NOTHING', 'there is nothing to judge', {
      where: gold === undefined ? '--gold' : '--answer',
      remedy: 'give --gold and --answer, or --jsonl with rows on standard input',
    });
  }
  const found = await verifier.verify(gold, answer, policy);
  if (json) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return;
  }
  const { verdict, extracted, goldKind, answerKind, reason } = found;
  const kinds = goldKind && answerKind ? `  (gold: ${goldKind}, answer: ${answerKind})` : '';
  const lines = [
    `${verdict}${kinds}`,
    `  extracted: ${extracted ?? '-'}`,
    ...(reason ? [`  because:   ${reason}`] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Waits for the reader, so that memory stays what a few rows take. */
async function verifyInput(verifier: Verifier, policy: Policy): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const row of verifyRows(lines, verifier, { policy })) {
    if (!process.stdout.write(`${JSON.stringify(row)}\n`)) await once(process.stdout, 'drain');
  }
}
