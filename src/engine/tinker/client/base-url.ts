/** Where the server is, and whether a key may go there. */
import { SoarError } from '../../../errors.js';

/**
 * The address without a trailing slash or `/api/v1`.
 * @throws SoarError TINKER_BASE_URL, and TINKER_INSECURE where a key would cross a network in the clear
 */
export function parseBaseUrl(
  text: string,
  { hasKey, allowInsecure }: { hasKey: boolean; allowInsecure: boolean },
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
    // Not repeated: it may hold a password.
    throw new SoarError('TINKER_BASE_URL', 'the base URL is not http(s)://host[:port][/path]', {
      remedy: 'give for example http://127.0.0.1:8000; a key goes into TINKER_API_KEY',
    });
  }
  if (url.protocol === 'http:' && hasKey && !allowInsecure && !isLoopback(url.hostname)) {
    throw new SoarError('TINKER_INSECURE', 'the API key would go over plain http to another machine', {
      where: url.host,
      remedy:
        'use https or a tunnel to this machine, unset TINKER_API_KEY if the server needs none, or allow it explicitly',
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
