/** Options of commands that ask a model the problems of a set, and what they stand for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ColumnMapping, ReadOptions } from '../problems/sets/problem-set.js';
import type { AskRequest } from '../run/asking.js';
import { type ConfigRequest, resolveConfig } from '../run/config/config.js';
import { type ConfigOptions, configRequest, parseCount } from './options.js';

export interface AskingFlags extends ConfigOptions {
  readonly model?: string;
  readonly format: NonNullable<ReadOptions['format']>;
  readonly map?: ColumnMapping;
  readonly split?: string;
  readonly limit?: number;
  readonly maxNewTokens?: number;
  readonly longPrompts: AskRequest['longPrompts'];
  readonly chat: boolean;
  readonly system?: string;
  readonly temperature?: number;
  readonly topP?: number;
}

const formats = ['auto', 'math', 'harp', 'olympiadbench', 'gsm8k', 'mapped'] as const;

export function addSetOptions(command: Command): Command {
  return command
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
    );
}

/** How a model is spoken to, and how it is sampled. */
export function addSpeakingOptions(command: Command): Command {
  return command
    .option('--chat', "ask through the model's chat template (mathematics.prompt=chat)", false)
    .option('--system <text>', 'system prompt of a chat')
    .option('--temperature <t>', '0 takes the likeliest token (default 1)', parseTemperature)
    .option('--top-p <mass>', 'sample from the likeliest tokens of this mass (default 1: all)', parseMass);
}

/** Everything but what the command itself adds. @throws SoarError CONFIG_*, HUB_NAME */
export function askRequest(dataset: string, flags: AskingFlags): AskRequest {
  return {
    dataset,
    read: {
      format: flags.format,
      ...(flags.map && { mapping: flags.map }),
      ...(flags.split !== undefined && { split: flags.split }),
    },
    ...(flags.limit !== undefined && { limit: flags.limit }),
    config: resolveConfig({ preset: dataset === 'world' ? 'programs' : 'paper', ...modelRequest(flags) }),
    longPrompts: flags.longPrompts,
  };
}

type ModelFlags = ConfigOptions &
  Partial<Pick<AskingFlags, 'model' | 'maxNewTokens' | 'temperature' | 'topP' | 'chat' | 'system'>>;

/** Flags that stand for settings of the model, of sampling and of prompts. */
export function modelRequest(flags: ModelFlags): ConfigRequest {
  const { model, maxNewTokens, temperature, topP, chat, system } = flags;
  const request = configRequest(undefined, flags);
  const flag = (key: string, name: string, value: string | number | undefined) =>
    value === undefined ? [] : [{ assignment: `${key}=${JSON.stringify(value)}`, label: `--${name} ${value}` }];
  return {
    ...request,
    flags: [
      ...(request.flags ?? []),
      ...flag('model', 'model', model),
      ...flag('soar.student.sampling.maxNewTokens', 'max-new-tokens', maxNewTokens),
      ...flag('soar.student.sampling.temperature', 'temperature', temperature),
      ...flag('soar.student.sampling.topP', 'top-p', topP),
      ...(chat ? flag('mathematics.prompt', 'chat', 'chat') : []),
      ...flag('mathematics.system', 'system', system),
    ],
  };
}

/** The last part of a dataset's or a model's name, for a folder. */
export const shortName = (text: string): string =>
  text === '-'
    ? 'stdin'
    : (text.split('@')[0] as string)
        .replace(/\/$/, '')
        .split(/[/:]/)
        .at(-1)
        ?.replace(/\.(jsonl?|csv|tsv|parquet)$/, '') || 'set';

const roles = ['question', 'answer', 'id', 'subject', 'level'];

function parseMapping(text: string): ColumnMapping {
  const pairs = text.split(',').map((pair) => pair.split('='));
  const form = 'write question=<column>,answer=<column>, and id, subject, level if you have them';
  if (pairs.some(([role, column]) => !roles.includes(role as string) || !column)) throw new InvalidArgumentError(form);
  const mapping = Object.fromEntries(pairs);
  if (mapping.question === undefined || mapping.answer === undefined) throw new InvalidArgumentError(form);
  return mapping;
}

function parseTemperature(text: string): number {
  const temperature = Number(text);
  if (text.trim() === '' || !(temperature >= 0) || !Number.isFinite(temperature)) {
    throw new InvalidArgumentError('give a number from 0');
  }
  return temperature;
}

function parseMass(text: string): number {
  const mass = Number(text);
  if (!(mass > 0 && mass <= 1)) throw new InvalidArgumentError('give a number above 0, at most 1');
  return mass;
}
