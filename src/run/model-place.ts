/** Where a config's model lies: a folder of this machine, or `hf:org/name@revision` in the hub's cache. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HubProgress, parseHubName } from '../hub/hub.js';
import { fetchModel } from '../hub/models.js';
import type { RunConfig } from './config/config.js';

const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

export const isOnHub = (model: string): boolean => model.startsWith('hf:');

/** A model of the hub is fetched as far as it is not there. @throws SoarError HUB_*, MODEL_MISSING */
export async function modelFolder({ model }: Pick<RunConfig, 'model'>): Promise<string> {
  return isOnHub(model) ? (await fetchModel(parseHubName(model))).folder : resolve(packageFolder, model);
}

/**
 * The config with the commit in place of a branch or tag, so that what is made with it says which model that was and goes on with
 * the same one. The model is then in the cache.
 * @throws SoarError HUB_*, MODEL_MISSING
 */
export async function withPinnedModel<Config extends Pick<RunConfig, 'model'>>(
  config: Config,
  onProgress?: (progress: HubProgress) => void,
): Promise<Config> {
  if (!isOnHub(config.model)) return config;
  const named = parseHubName(config.model);
  const { commit } = await fetchModel(named, {}, onProgress);
  return { ...config, model: `hf:${named.name}@${commit}` };
}
