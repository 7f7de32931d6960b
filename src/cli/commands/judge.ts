import { join } from 'node:path';
import type { Command } from 'commander';
import type { Judgement } from '../../evaluate/judge/judge.js';
import { boxTable } from '../../report/index.js';
import { resolveConfig } from '../../run/config/config.js';
import { judgeQuestions } from '../../run/judge.js';
import { addSetOption } from '../options.js';
import { showSteps } from '../progress/steps.js';

interface JudgeFlags {
  readonly set: readonly string[];
  readonly out: string;
}

export function addJudgeCommand(program: Command): void {
  const command = program
    .command('judge')
    .description('have a chat model annotate questions of mathematics: well-posed, right, kind of error')
    .argument('<questions>', "JSON lines with question and answer, such as a run's promotion-questions.jsonl")
    .option('--out <folder>', 'where annotations and the cache of verdicts go', 'judged');
  addSetOption(command)
    .addHelpText(
      'after',
      `
Examples:
  $ JUDGE_API_KEY=... soar judge runs/x/promotion-questions.jsonl --set judge.baseUrl=https://api.anthropic.com/v1 \\
      --set judge.api=anthropic --set judge.model=<model> --set judge.maxCost=5 \\
      --set judge.prices.input=3 --set judge.prices.output=15
  $ soar judge questions.jsonl --set judge.baseUrl=http://localhost:8000/v1 --set judge.model=<model>

Questions that were judged before are not asked again.`,
    )
    .action(async (file: string, { set, out }: JudgeFlags) => {
      const config = resolveConfig({ sets: set });
      const steps = showSteps(process.stdout, 'judged');
      const found = await judgeQuestions({
        file,
        out,
        config,
        onProgress: (done, of, cost) => steps.update(done, of, `cost ${cost.toFixed(2)}`),
      }).finally(() => steps.close());
      process.stdout.write(`${summary(found)}\n${join(out, 'annotations.jsonl')}\n`);
      if (found.judged.some(({ failure }) => failure)) process.exitCode = 3;
    });
}

function summary({ judged, cost, requests }: Judgement): string {
  const found = judged.flatMap(({ annotation }) => annotation ?? []);
  const share = (count: number) => (found.length === 0 ? '' : `${((100 * count) / found.length).toFixed(1)} %`);
  const errors = ['Arithmetic', 'Logical_Fallacy', 'Ill_Posed', 'Ambiguous'] as const;
  const rows: [string, string][] = [
    ['judged', `${found.length} of ${judged.length}`],
    ['well-posed', share(found.filter(({ wellPosed }) => wellPosed).length)],
    ['right answer', share(found.filter(({ correct }) => correct).length)],
    ...errors.map((error): [string, string] => [error, share(found.filter((one) => one.error === error).length)]),
    ['requests, cost', `${requests}, ${cost.toFixed(2)}`],
  ];
  const failures = new Map<string, number>();
  for (const { failure } of judged)
    if (failure) failures.set(failure.message, (failures.get(failure.message) ?? 0) + 1);
  const columns = [
    { header: 'Questions', align: 'left' as const },
    { header: '', align: 'right' as const },
  ];
  return [
    boxTable({ columns, rows }),
    ...[...failures].map(([message, count]) => `${count} not judged: ${message}`),
  ].join('\n');
}
