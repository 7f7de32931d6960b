/** While a model of the hub arrives on this disk, that is shown. */
import type { HubProgress } from '../hub/hub.js';
import { withPinnedModel } from '../run/model-place.js';
import { showSteps } from './progress/steps.js';

export interface FetchDisplay {
  onFetch(progress: HubProgress): void;
  close(): void;
}

export function showFetch(): FetchDisplay {
  const steps = showSteps(process.stderr, 'fetching');
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);
  return {
    onFetch: ({ path, done, of }) => steps.update(megabytes(done), megabytes(of), `MB  ${path}`),
    close: steps.close,
  };
}

/** The config with the model's commit; the model is there before a command begins with it. @throws SoarError HUB_*, MODEL_MISSING */
export async function fetchModel<Config extends { readonly model: string }>(config: Config): Promise<Config> {
  const display = showFetch();
  try {
    return await withPinnedModel(config, display.onFetch);
  } finally {
    display.close();
  }
}
