/**
 * What a run made, in the forms that others read. The run is only read, also while it goes on. Opens no engine: weights go from
 * the run's snapshot to the file.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { copyModelFolder } from '../../checkpoints/copy-model-folder.js';
import type { LlamaShape } from '../../checkpoints/llama-shape.js';
import { type Adapted, joinAdapters, mergeAdapters } from '../../checkpoints/lora.js';
import { type FoundBase, findBase, readModelFolder } from '../../checkpoints/model-folder.js';
import { type PeftBase, readPeftAdapters, writePeftFolder } from '../../checkpoints/peft-folder.js';
import { checkpointOf } from '../../engine/index.js';
import { decodeLlamaState } from '../../engine/llama-state.js';
import { SoarError } from '../../errors.js';
import { parseHubName } from '../../hub/hub.js';
import type { RunConfig } from '../config/config.js';
import { type Disk, nodeDisk } from '../disk.js';
import { type History, historyOf, type RunEntry } from '../entries.js';
import { readJournal } from '../journal.js';
import { isOnHub, modelFolder } from '../model-place.js';
import { type PolicySnapshot, promotedSnapshot, readPolicySnapshot, teacherSnapshot } from '../policy-snapshot.js';
import type { RunResults } from '../results.js';
import { checkIdentity, configHash, type RunPaths, readRunConfig } from '../run-folder.js';
import { openSnapshots } from '../snapshots.js';
import { type BaseCard, publishedName, readBaseCard } from './base-card.js';
import type { CardFacts } from './card-parts.js';
import { chooseExport, type ExportChoice, type ExportRequest, exportName } from './choice.js';
import { datasetCard } from './dataset-card.js';
import { checkPlace, writeFolder } from './export-folder.js';
import { modelCard } from './model-card.js';
import { type QuestionFormat, questionFile, questionRows } from './questions.js';

export interface Exported extends ExportChoice {
  readonly run: string;
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/** @throws SoarError EXPORT_*, and for models MODEL_*, RUN_MODEL_CHANGED, RUN_SNAPSHOT_* */
export async function exportRun(paths: RunPaths, request: ExportRequest, disk: Disk = nodeDisk): Promise<Exported> {
  const read = async () => historyOf(await readJournal<RunEntry>(paths.journal, disk));
  for (let history = await read(); ; ) {
    try {
      return await exportFrom(history, paths, request, disk);
    } catch (error) {
      if (!(error instanceof SoarError && /^RUN_SNAPSHOT_/.test(error.code))) throw error;
      // A run that goes on drops a teacher once it has the next one.
      const later = await read();
      if (later.steps.length === history.steps.length) throw error;
      history = later;
    }
  }
}

async function exportFrom(history: History, paths: RunPaths, request: ExportRequest, disk: Disk): Promise<Exported> {
  const config = readRunConfig(paths);
  const model = await modelFolder(config);
  const choice = chooseExport(request, history, paths.folder);
  const out = request.out ?? join('exports', exportName(paths.name, choice, request));
  const force = request.force ?? false;
  const weightless = choice.what === 'questions' || config.engine.kind === 'tinker';
  const found: FoundBase = weightless ? { base: model, adapters: [] } : await findBase(model);
  const place = await checkPlace({ out, force, spared: [paths.folder, model, found.base] }, disk);
  const facts = await cardFacts(paths, config, model, found, history, choice, disk);
  const fill = await contents(paths, facts, model, found, disk);
  await writeFolder(place, force, disk, fill);
  const names = await disk.list(place);
  return {
    ...choice,
    run: paths.name,
    folder: out,
    files: names.map((name) => ({ name, bytes: statSync(join(place, name)).size })),
  };
}

/** All that can fail for its content fails before anything is written. */
async function contents(
  paths: RunPaths,
  facts: CardFacts,
  model: string,
  found: FoundBase,
  disk: Disk,
): Promise<(folder: string) => Promise<void>> {
  const { choice, config, history } = facts;
  const { what, format, promotion = 0 } = choice;
  if (what === 'questions') {
    const file = `questions.${format}`;
    const rows = questionRows(history);
    return async (folder) => {
      await disk.write(join(folder, file), questionFile(rows, format as QuestionFormat));
      await disk.write(join(folder, 'README.md'), datasetCard(facts, file, rows.length));
    };
  }
  const snapshot = what === 'teacher' ? teacherSnapshot(history) : promotedSnapshot(history, promotion - 1);
  const read = () => readPolicySnapshot(openSnapshots(paths.snapshots, disk), snapshot as PolicySnapshot);
  if (config.engine.kind === 'tinker') throw keptElsewhere(checkpointOf(await read()), config.engine.baseUrl);
  const { lora } = config.engine;
  const base = await readModelFolder(model);
  checkIdentity(paths, history.identity, { version: 1, config: configHash(config), model: base.hash });
  if (format === 'peft' && !lora) throw noAdapter(paths);
  const state = await read();
  const { shape, hash } = base;
  const architecture = { shape, ...(lora && { lora }) };
  const { weights: trained } = decodeLlamaState({ ...architecture, hash }, state);
  const card = modelCard(facts, trained.length);
  if (lora && format === 'peft') {
    const whole = await onBaseAlone(shape, found, { lora, adapters: trained });
    return async (folder) => {
      await writePeftFolder(folder, shape, whole, peftBase(config, found));
      await disk.write(join(folder, 'README.md'), card);
    };
  }
  const { weights } = base;
  if (lora) mergeAdapters(architecture, trained, weights);
  return async (folder) => {
    await copyModelFolder(found.base, folder, { shape, weights: lora ? weights : trained });
    await disk.write(join(folder, 'README.md'), card);
  };
}

/** Where the run's model is itself an adapter, the exported one holds both: PEFT puts an adapter on a model, not on another adapter. */
async function onBaseAlone(shape: LlamaShape, { adapters: below }: FoundBase, trained: Adapted): Promise<Adapted> {
  let whole = trained;
  for (const { folder, lora } of below.toReversed()) {
    whole = joinAdapters(shape, { lora, adapters: await readPeftAdapters(folder, shape, lora) }, whole);
  }
  return whole;
}

/** By its name on the hub, at the commit; else by its whole path: PEFT would look for another from the folder that it is started in. */
function peftBase({ model }: RunConfig, { base, onHub, adapters }: FoundBase): PeftBase {
  if (adapters.length === 0 && isOnHub(model)) return parseHubName(model);
  return onHub ?? { name: base };
}

/** A policy that was never trained has no checkpoint: it is the base model. */
const keptElsewhere = (checkpoint: string | undefined, baseUrl: string) =>
  new SoarError('EXPORT_ELSEWHERE', 'the weights of this run are on the service that trained them', {
    where: checkpoint === undefined ? `${baseUrl}: the base model itself` : `${baseUrl}: ${checkpoint}`,
    remedy:
      'fetch that checkpoint with the commands of docs/cluster.md, "Weights out of a service"; export --what questions works here',
  });

const noAdapter = ({ folder }: RunPaths) =>
  new SoarError('EXPORT_NO_ADAPTER', 'this run trained all weights, so it has no adapter', {
    where: folder,
    remedy: 'export --format hf; runs with engine.lora have adapters',
  });

async function cardFacts(
  paths: RunPaths,
  config: RunConfig,
  model: string,
  found: FoundBase,
  history: History,
  choice: ExportChoice,
  disk: Disk,
): Promise<CardFacts> {
  const results = await readResults(paths, disk);
  const base = await cardOfBase(model, found, disk);
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const frozen = found.adapters.length > 0 ? (found.onHub?.name ?? publishedName(found.base)) : base.name;
  return { run: paths.name, choice, config, history, base, frozen, version, ...(results && { results }) };
}

/** An adapter that states no licence is under that of the model below it. */
async function cardOfBase(model: string, { base, adapters }: FoundBase, disk: Disk): Promise<BaseCard> {
  const own = await readBaseCard(model, disk);
  const stated = own.license.license !== 'other' || Object.keys(own.license).length > 1;
  if (stated || adapters.length === 0) return own;
  return { ...own, license: (await readBaseCard(base, disk)).license };
}

async function readResults({ results, folder }: RunPaths, disk: Disk): Promise<RunResults | undefined> {
  const text = await disk.read(results);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new SoarError('EXPORT_RESULTS', `results.json is not JSON: ${(cause as Error).message}`, {
      where: results,
      remedy: `\`soar resume ${folder}\` writes it anew from the journal`,
      cause,
    });
  }
}
