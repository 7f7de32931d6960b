/** Requests to the hub: where it is, who asks, and what its refusals mean. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import type { HubOptions } from './hub-options.js';

export type Resolved = Required<Omit<HubOptions, 'token'>> & Pick<HubOptions, 'token'>;

export function withEnvironment(given: HubOptions): Resolved {
  const { HF_HUB_CACHE, HF_HOME, HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE } = process.env;
  const token = given.token ?? HF_TOKEN;
  return {
    cacheDir: given.cacheDir ?? HF_HUB_CACHE ?? join(HF_HOME ?? join(homedir(), '.cache', 'huggingface'), 'hub'),
    endpoint: (given.endpoint ?? HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/$/, ''),
    offline: given.offline ?? HF_HUB_OFFLINE === '1',
    ...(token && { token }),
  };
}

export const authorization = ({ token }: Resolved): Record<string, string> =>
  token ? { authorization: `Bearer ${token}` } : {};

/** What the answer is. @throws SoarError HUB_UNREACHABLE */
export async function reached<T>(answer: Promise<T>, options: Resolved): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw unreachable(error, options);
  }
}

export function unreachable(error: unknown, { endpoint }: Resolved): SoarError {
  const { message, cause } = error as Error;
  const why = cause instanceof Error ? cause.message : message;
  return new SoarError('HUB_UNREACHABLE', `the hub cannot be reached, or broke off (${why})`, {
    where: endpoint,
    remedy: 'try again: what has arrived is kept; with HF_HUB_OFFLINE=1 the cache alone is used',
    kind: 'environment',
    cause: error,
  });
}

export function refused(name: string, revision: string, status: number, { endpoint, token }: Resolved): SoarError {
  const known = status === 404 || status === 401 || status === 403;
  const access = token ? 'ask for access to it' : 'set HF_TOKEN if it is private or gated';
  return new SoarError(
    known ? 'HUB_NOT_FOUND' : 'HUB_ANSWER',
    known ? `the hub has no ${name}@${revision}, or does not show it` : `the hub answered ${status} for ${name}`,
    {
      where: endpoint,
      remedy: known ? `check the name and the revision; ${access}` : 'try again later',
      kind: known ? 'user' : 'environment',
    },
  );
}
