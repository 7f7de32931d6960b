/** Options that several commands share, and the settings that they stand for. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ConfigRequest } from '../run/config/config.js';

export interface ConfigOptions {
  readonly preset?: string;
  readonly set: readonly string[];
  readonly seed?: string;
  readonly name?: string;
  readonly workers?: string;
}

const collect = (value: string, before: readonly string[]) => [...before, value];

export function addSetOption(command: Command): Command {
  return command.option('--set <key=value>', 'override one setting, e.g. soar.datasets=8 (repeatable)', collect, []);
}

export function addConfigOptions(command: Command): Command {
  return addSetOption(
    command.option(
      '--preset <name>',
      'settings to start from: programs (default), smoke, paper, paper-small, programs-ablations',
    ),
  )
    .option('--seed <n>', 'names every random stream (default 1)')
    .option('--workers <n>', 'worker threads; changes no result (default: one per core)');
}

export const addRunsFolder = (command: Command): Command =>
  command.option('--runs-dir <folder>', 'where run folders lie', 'runs');

export function configRequest(file: string | undefined, options: ConfigOptions): ConfigRequest {
  const flag = (key: string, name: string, value: string | undefined) =>
    value === undefined ? [] : [{ assignment: `${key}=${value}`, label: `--${name} ${value}` }];
  return {
    ...(file !== undefined && { file }),
    ...(options.preset !== undefined && { preset: options.preset }),
    sets: options.set,
    flags: [
      ...flag('seed', 'seed', options.seed),
      ...flag('name', 'name', options.name && JSON.stringify(options.name)),
      ...flag('engine.workers', 'workers', options.workers),
    ],
  };
}

/** The first option that was given although it is not among `allowed`, as it is written. */
export const misplacedOption = (command: Command, allowed: readonly string[]): string | undefined =>
  command.options.find(
    (option) =>
      !allowed.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  )?.long;

/** `auto`, or a number of threads. */
export function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1) throw new InvalidArgumentError('give a whole number from 1, or auto');
  return workers;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('give a whole number from 1');
  return count;
}
