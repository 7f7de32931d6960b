/** A run's folder: where each file lies, how the folder is made in one piece, and how an existing one is found and read. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fixingSettings } from '../engine/settings.js';
import { SoarError } from '../errors.js';
import { nearest } from '../nearest.js';
import { configYaml, type RunConfig, resolveConfig } from './config/config.js';
import { type Disk, errno } from './disk.js';
import type { RunEntry, RunIdentity } from './entries.js';
import { folderAside } from './folder-aside.js';
import { journalLine } from './journal.js';
import { sha256 } from './snapshots.js';

export interface RunPaths {
  readonly name: string;
  readonly folder: string;
  /** Resolved; can be given to `soar run` again. */
  readonly config: string;
  readonly journal: string;
  readonly snapshots: string;
  readonly students: string;
  readonly metrics: string;
  /** What an engine on a service left there and has to free; only where there is one. */
  readonly tinker: string;
  readonly promotionQuestions: string;
  readonly results: string;
  readonly report: string;
}

export function runPaths(folder: string): RunPaths {
  const at = (name: string) => join(folder, name);
  return {
    name: basename(resolve(folder)),
    folder,
    config: at('config.yaml'),
    journal: at('journal.jsonl'),
    snapshots: at('snapshots'),
    students: at('students'),
    metrics: at('metrics.jsonl'),
    tinker: at('tinker.jsonl'),
    promotionQuestions: at('promotion-questions.jsonl'),
    results: at('results.json'),
    report: at('report.html'),
  };
}

/** What fixes a run's results: its config less names, places, prices and the number of workers. The hard problems stand in the journal. */
export function configHash(config: RunConfig): string {
  const {
    name: _name,
    preset: _preset,
    model: _model,
    problems: _problems,
    study: _study,
    judge: _judge,
    prices: _prices,
    engine,
    ...rest
  } = config;
  return sha256(JSON.stringify({ ...rest, engine: fixingSettings(engine) }));
}

/**
 * Makes the folder with its config and the journal's first line, whole or not at all. Without a name it takes the first
 * free one of `programs-seed1`, `programs-seed1-2`, ...
 * @throws SoarError RUN_EXISTS
 */
export async function createRunFolder(
  runsFolder: string,
  config: RunConfig,
  identity: RunIdentity,
  disk: Disk,
): Promise<RunPaths> {
  await disk.makeFolder(runsFolder);
  const aside = await folderAside(runsFolder, '.new-', disk);
  try {
    const files = runPaths(aside);
    await disk.makeFolder(files.snapshots);
    await disk.makeFolder(files.students);
    await disk.write(files.config, configYaml(config));
    await disk.write(files.journal, journalLine(0, { unit: 'run', identity } satisfies RunEntry, '').line);
    await disk.syncFolder(aside);
    for (const name of namesFor(config)) {
      const folder = join(runsFolder, name);
      if (!existsSync(folder) && (await renamed(aside, folder, disk))) {
        await disk.syncFolder(runsFolder);
        return runPaths(folder);
      }
    }
  } catch (error) {
    await disk.remove(aside).catch(() => undefined);
    throw error;
  }
  await disk.remove(aside);
  throw new SoarError('RUN_EXISTS', `there is already a run named '${config.name}'`, {
    where: join(runsFolder, String(config.name)),
    remedy: `continue it with \`soar resume ${join(runsFolder, String(config.name))}\`, or choose another --name`,
  });
}

function* namesFor(config: RunConfig): Generator<string> {
  if (config.name !== null) {
    yield config.name;
    return;
  }
  const stem = `${config.preset}-seed${config.seed}`;
  yield stem;
  for (let n = 2; ; n++) yield `${stem}-${n}`;
}

async function renamed(from: string, to: string, disk: Disk): Promise<boolean> {
  try {
    await disk.rename(from, to);
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EPERM'].includes(errno(error) ?? '')) return false;
    throw error;
  }
}

/**
 * A run by its path, or by its name within the runs folder.
 * @throws SoarError RUN_MISSING, RUN_NOT_A_RUN
 */
export async function findRun(run: string, runsFolder: string, disk: Disk): Promise<RunPaths> {
  const folder = [run, join(runsFolder, run)].find(existsSync);
  if (folder === undefined) {
    const names = (await disk.list(runsFolder)).filter((name) => !name.startsWith('.'));
    const guess = nearest(basename(run), names);
    throw new SoarError('RUN_MISSING', `there is no run '${run}'${guess ? `, did you mean '${guess}'?` : ''}`, {
      where: resolve(runsFolder),
      remedy: names.length > 0 ? `runs here: ${names.join(', ')}` : 'start one with `soar run`',
    });
  }
  const paths = runPaths(folder);
  if (!existsSync(paths.journal) || !existsSync(paths.config)) {
    throw new SoarError('RUN_NOT_A_RUN', 'this folder is not a run: config.yaml or journal.jsonl is missing', {
      where: folder,
      remedy: 'give the folder that `soar run` made (it lies under --runs-dir)',
    });
  }
  return paths;
}

export function readRunConfig(paths: RunPaths): RunConfig {
  return resolveConfig({ file: paths.config });
}

/**
 * Refuses to go on with what the run was not made with.
 * @throws SoarError RUN_CONFIG_CHANGED, RUN_MODEL_CHANGED, RUN_NOT_A_RUN
 */
export function checkIdentity(paths: RunPaths, recorded: RunIdentity | undefined, now: RunIdentity): void {
  if (recorded?.version !== now.version) {
    throw new SoarError('RUN_NOT_A_RUN', 'the journal does not start with a run that this version can read', {
      where: `${paths.journal}:1`,
      remedy: 'use the version of soar that made the run, or start a new run',
    });
  }
  if (recorded.config !== now.config) {
    throw new SoarError('RUN_CONFIG_CHANGED', 'the config is not the one that this run was started with', {
      where: paths.config,
      remedy: 'undo the change, or start a new run with it: `soar run <that config> --name <new name>`',
    });
  }
  if (recorded.model !== now.model) {
    throw new SoarError('RUN_MODEL_CHANGED', 'the model is not the one that this run was started with', {
      where: paths.config,
      remedy: 'put the original model back in its place, or start a new run with this one',
    });
  }
}
