/** A model of the hub is on this disk before a command begins with it; while it arrives, that is shown. */
import { withPinnedModel } from '../run/model-place.js';
import { showSteps } from './progress/steps.js';

/** The config with the model's commit. @throws SoarError HUB_*, MODEL_MISSING */
export async function fetchModel<Config extends { readonly model: string }>(config: Config): Promise<Config> {
  const steps = showSteps(process.stderr, 'fetching');
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);
  try {
    return await withPinnedModel(config, ({ path, done, of }) =>
      steps.update(megabytes(done), megabytes(of), `MB  ${path}`),
    );
  } finally {
    steps.close();
  }
}
