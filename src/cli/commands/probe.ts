import { type Command, Option } from 'commander';
import { loadUndone, type Probe, probeServer, tinkerSettings } from '../../engine/index.js';
import { boxTable } from '../../report/index.js';
import { parseCount } from '../options.js';

interface Options {
  readonly model?: string;
  readonly rank: number;
  readonly form: string;
  readonly allowHttp: boolean;
  readonly promotion: boolean;
  readonly json: boolean;
}

/** A run's. SkyRL on Megatron keeps the rank of its first adapter, so that a probe of another one would decide it. */
const defaultRank = tinkerSettings.shape.loraRank.parse(undefined);

export function addProbeCommand(program: Command): void {
  program
    .command('probe <baseUrl>')
    .description(
      'find out what kind of Tinker server this is, by about twenty tiny requests, and whether SOAR can use it',
    )
    .option('--model <name>', "the base model by the server's name for it (default: the only one)")
    .option('--rank <n>', 'rank of the adapters that are tried: that of the run', parseCount, defaultRank)
    .addOption(
      new Option('--form <form>', 'of requests and results').choices(['auto', 'json', 'protobuf']).default('auto'),
    )
    .option('--allow-http', 'send TINKER_API_KEY over plain http to another machine', false)
    .option('--no-promotion', 'for runs that never promote: take a server that is only unfit for promotions')
    .option('--json', 'what was found as JSON', false)
    .addHelpText(
      'after',
      `
It makes two adapters of its own and removes them. Exit code 3: the server would corrupt a run.

Examples:
  $ soar probe http://127.0.0.1:8000
  $ soar probe http://127.0.0.1:8000 --no-promotion --json`,
    )
    .action(async (baseUrl: string, { model, rank, form, allowHttp, promotion, json }: Options) => {
      const settings = tinkerSettings.parse({
        kind: 'tinker',
        baseUrl,
        model: model ?? null,
        loraRank: rank,
        form,
        allowHttp,
      });
      const found = await probeServer(settings);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : `${probeText(found)}\n`);
      if (promotion && !found.fitForPromotions) throw loadUndone(baseUrl);
    });
}

function probeText({ baseModel, contextLength, rank, form, profile, rows }: Probe): string {
  const columns = ['what', 'found', 'how', 'for a run'].map((header) => ({ header, align: 'left' as const }));
  const table = boxTable(
    {
      columns,
      rows: rows.map(({ what, found, measured, meaning }) => [what, found, measured ? 'measured' : profile, meaning]),
    },
    process.stdout.columns ?? 100,
  );
  const context = contextLength === null ? '' : `, context ${contextLength}`;
  return `${baseModel}${context}; adapters of rank ${rank}; ${form}; looks like ${profile}\n${table}`;
}
