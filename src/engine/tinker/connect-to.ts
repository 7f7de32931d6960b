/** From the settings of a config to a client, and to the base model that is meant. */
import { SoarError } from '../../errors.js';
import { type ConnectOptions, connect, type TinkerClient } from './client/index.js';
import type { TinkerSettings } from './settings.js';

/** @throws SoarError TINKER_* */
export function connectTo(
  settings: Pick<TinkerSettings, 'baseUrl' | 'exclusive' | 'allowHttp' | 'form' | 'timeouts'>,
  connection: Partial<ConnectOptions> = {},
): Promise<TinkerClient> {
  const { baseUrl, exclusive, allowHttp, form, timeouts } = settings;
  const milliseconds = (seconds: number) => seconds * 1000;
  return connect({
    ...connection,
    baseUrl,
    exclusive,
    allowInsecure: allowHttp,
    ...(form !== 'auto' && { form }),
    patience: {
      answer: milliseconds(timeouts.answer),
      failing: milliseconds(timeouts.failing),
      pending: milliseconds(timeouts.pending),
    },
  });
}

/** The base model that the settings name, or the only one that is served. @throws SoarError TINKER_BASE_MODEL */
export async function servedModel(
  client: TinkerClient,
  { model, baseUrl }: Pick<TinkerSettings, 'model' | 'baseUrl'>,
): Promise<{ readonly baseModel: string; readonly contextLength: number }> {
  const served = (await client.capabilities()).supported_models.filter(({ model_name }) => model_name != null);
  const names = served.map(({ model_name }) => model_name as string);
  const name = model ?? (names.length === 1 ? names[0] : undefined);
  const found = served.find(({ model_name }) => model_name === name);
  if (name !== undefined && (found || names.length === 0)) {
    return { baseModel: name, contextLength: found?.max_context_length ?? Number.POSITIVE_INFINITY };
  }
  throw new SoarError(
    'TINKER_BASE_MODEL',
    model === null ? `the server serves ${names.length} models` : `the server does not serve ${model}`,
    { where: baseUrl, remedy: `set engine.model to one of: ${names.slice(0, 20).join(', ')}` },
  );
}
