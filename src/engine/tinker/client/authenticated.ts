/** A caller that knows how to exchange its key for tokens, for the main thread and the heartbeats' thread alike. */
import type { ApiKey } from './api-key.js';
import { Caller, type CallerSettings } from './caller.js';
import { Credentials } from './credentials.js';

export interface AuthenticatedCaller extends Caller {
  /** From now on: what the server's configuration asks for by `pjwt_auth_enabled`. */
  useTokens(): void;
}

export function authenticated({
  key,
  ...settings
}: Omit<CallerSettings, 'credentials'> & { key: ApiKey | undefined }): AuthenticatedCaller {
  const credentials = new Credentials(key, settings.clock);
  // The exchange itself is made with the key.
  const withKey = new Caller({ ...settings, credentials: new Credentials(key, settings.clock) });
  const useTokens = () =>
    credentials.useTokens(async (signal) => (await withKey.call('authToken', undefined, { signal })).jwt);
  return Object.assign(new Caller({ ...settings, credentials }), { useTokens });
}
