/**
 * What goes into `X-API-Key`: the key itself, or, where the server's configuration asks for it, a token (JWT) that the key is exchanged
 * for and that is renewed five minutes before it ends.
 */
import type { ApiKey } from './api-key.js';
import type { Clock } from './clock.js';
import { Shared } from './shared.js';

const mostTokens = 16;

/** Milliseconds before a token's end at which the next is fetched. */
const margin = 5 * 60_000;

export type TokenExchange = (signal: AbortSignal) => Promise<string>;

export class Credentials {
  private readonly key: ApiKey | undefined;
  private readonly clock: Clock;
  private exchange: TokenExchange | undefined;
  #token: string | undefined;
  /** The last ones, some of which may still be good: an answer to a request that bore one may repeat it. */
  #tokens: string[] = [];
  private fetching: Shared<void> | undefined;

  constructor(key: ApiKey | undefined, clock: Clock) {
    this.key = key;
    this.clock = clock;
  }

  get present(): boolean {
    return this.key !== undefined;
  }

  /** From now on the key is exchanged for tokens. */
  useTokens(exchange: TokenExchange): void {
    this.exchange = exchange;
  }

  /** All that wait for a token wait for the same one. @throws what the exchange throws, unless the last token is still good; the signal's reason */
  async header(signal?: AbortSignal): Promise<string | undefined> {
    if (!this.key || !this.exchange) return this.key?.reveal();
    if (this.#token === undefined || this.clock.now() > expiry(this.#token) - margin) {
      const { exchange } = this;
      if (this.fetching?.state !== 'pending') this.fetching = new Shared((shared) => this.fetch(exchange, shared));
      await this.fetching.wait(signal).catch((error: unknown) => {
        if (signal?.aborted || this.#token === undefined || this.clock.now() > expiry(this.#token)) throw error;
      });
    }
    return this.#token;
  }

  /** The server refused them (401), perhaps to several calls at once. True when there may be better ones next time. */
  refused(): boolean {
    if (!this.exchange) return false;
    this.#token = undefined;
    return true;
  }

  /** Takes key and tokens out of a text. */
  readonly redact = (text: string): string => {
    const secrets = [this.key?.reveal(), ...this.#tokens].filter((secret) => secret !== undefined);
    return secrets.reduce((cleared, secret) => cleared.replaceAll(secret, '[hidden]'), text);
  };

  private async fetch(exchange: TokenExchange, signal: AbortSignal): Promise<void> {
    this.#token = await exchange(signal);
    this.#tokens = [this.#token, ...this.#tokens].slice(0, mostTokens);
  }
}

/** Milliseconds since the epoch at which a token ends; one that does not say is kept until it is refused. */
function expiry(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    if (typeof exp === 'number') return exp * 1000;
  } catch {}
  return Number.POSITIVE_INFINITY;
}
