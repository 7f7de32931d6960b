/** Models of the hub: which files of a repository are needed to use a model, to pass it on, and to say under which licence it is. */
import { SoarError } from '../errors.js';
import { fetchSnapshot, type HubProgress, type HubSnapshot } from './hub.js';
import type { HubOptions } from './hub-options.js';

/** Small ones, in the root. */
const beside =
  /^(config|generation_config|tokenizer\w*|special_tokens_map|added_tokens|vocab|adapter_config|chat_template)\.json$|^(tokenizer\.model|merges\.txt|vocab\.txt|chat_template\.jinja|README\.md|LICENSE(\.\w+)?|NOTICE(\.\w+)?|USE_POLICY\.md)$|^additional_chat_templates\/[^/]+\.jinja$/;
const index = 'model.safetensors.index.json';
const shard = /^model-\d+-of-(\d+)\.safetensors$/;
const whole = ['model.safetensors', 'adapter_model.safetensors'];

/**
 * A model's or an adapter's files out of all in its repository: settings, tokenizer, chat templates, licence and card first, weights
 * last, so that where these are there, all is. Pure.
 * @returns what is missing for it to be used, where something is
 */
export function modelFiles(paths: readonly string[]): { readonly files: readonly string[]; readonly missing?: string } {
  const has = new Set(paths);
  const shards = has.has(index) ? paths.filter((path) => shard.test(path)).sort() : [];
  const weights = shards.length > 0 ? [index, ...shards] : whole.filter((path) => has.has(path)).slice(0, 1);
  const files = [...paths.filter((path) => beside.test(path)).sort(), ...weights];
  const missing = missingOf(new Set(files), shards);
  return { files, ...(missing !== undefined && { missing }) };
}

function missingOf(files: ReadonlySet<string>, shards: readonly string[]): string | undefined {
  const count = Number(shard.exec(shards[0] ?? '')?.[1] ?? 0);
  if (!files.has('config.json') && !files.has('adapter_config.json')) return 'config.json';
  if (files.has('config.json') && !files.has('tokenizer.json')) return 'tokenizer.json';
  if (shards.length < count) return `${count - shards.length} of its ${count} weight files`;
  if (count > 0 || whole.some((name) => files.has(name))) return undefined;
  return 'weights as model.safetensors, whole or in parts with an index';
}

/**
 * A model folder in the cache, with all that is needed in it.
 * @param name `org/name`
 * @throws SoarError HUB_*, MODEL_MISSING when the repository holds no model in a form that can be read
 */
export function fetchModel(
  { name, revision }: { readonly name: string; readonly revision: string },
  options: HubOptions = {},
  onProgress?: (progress: HubProgress) => void,
): Promise<HubSnapshot> {
  const choose = (paths: readonly string[], from: 'hub' | 'cache') => {
    const { files, missing } = modelFiles(paths);
    if (missing === undefined) return files;
    if (from === 'cache') {
      throw new SoarError('HUB_NOT_CACHED', `of ${name}@${revision} the cache lacks ${missing}`, {
        where: name,
        remedy: 'fetch it once with a connection, or unset HF_HUB_OFFLINE',
        kind: 'environment',
      });
    }
    throw new SoarError('MODEL_MISSING', `${name}@${revision} on the hub lacks ${missing}`, {
      where: name,
      remedy: 'take a repository with config.json, tokenizer.json and model.safetensors; other forms are not read',
    });
  };
  return fetchSnapshot({ kind: 'model', name, revision }, choose, options, onProgress);
}
