/** From an address to a client: checks address and key, asks the server how it wants to be spoken to, sets the limits. */
import { readFileSync } from 'node:fs';
import { SoarError } from '../../../errors.js';
import { clientConfig } from '../wire/service.js';
import { apiKeyFrom } from './api-key.js';
import { type AuthenticatedCaller, authenticated } from './authenticated.js';
import { BackPressure } from './back-pressure.js';
import { parseBaseUrl } from './base-url.js';
import { Budget } from './budget.js';
import type { Observe, Patience } from './caller.js';
import { type Notice, TinkerClient } from './client.js';
import { type Clock, systemClock } from './clock.js';
import { type Connection, type ServerConfig, zstdAvailable } from './connection.js';

export interface ConnectOptions {
  /** http(s)://host[:port][/path], without /api/v1. */
  readonly baseUrl: string;
  /** TINKER_API_KEY unless said; none for servers that ask for none. */
  readonly apiKey?: string;
  /** Sends the key over plain http to another machine. */
  readonly allowInsecure?: boolean;
  /** Of training bodies, training outputs and samples. Protobuf where the server's configuration says that it reads it, unless said. */
  readonly form?: 'json' | 'protobuf';
  /** Nobody else makes models on this server: one whose name was lost is then ours. */
  readonly exclusive?: boolean;
  readonly patience?: Partial<Patience>;
  /** Milliseconds to reach the server at the start: 15 s. */
  readonly connectPatience?: number;
  /** Milliseconds. */
  readonly heartbeat?: { readonly interval?: number; readonly warnAfter?: number };
  /** Hears of every call when it has ended. Must not throw. */
  readonly observe?: Observe;
  /** Hears what is no error and still worth a line. */
  readonly notice?: (notice: Notice) => void;
  /** The version that the server is told; some refuse clients that they think too old. */
  readonly sdkVersion?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

const defaultPatience: Patience = {
  answer: 60_000,
  poll: 45_000,
  failing: 300_000,
  paused: 3_600_000,
  pending: 2 * 3_600_000,
};

/** @throws SoarError TINKER_BASE_URL, TINKER_INSECURE, TINKER_KEY, TINKER_UNREACHABLE, TINKER_UNAUTHORIZED, TINKER_WRONG_SERVER, TINKER_* */
export async function connect(options: ConnectOptions): Promise<TinkerClient> {
  const key = apiKeyFrom(options.apiKey, process.env);
  const hasKey = key !== undefined;
  const baseUrl = parseBaseUrl(options.baseUrl, { hasKey, allowInsecure: options.allowInsecure ?? false });
  const version = options.sdkVersion ?? ownVersion();
  const userAgent = `soar-rl/${ownVersion()}`;
  const clock = options.clock ?? systemClock;
  const observe = options.observe ?? (() => {});
  const patience = { ...defaultPatience, ...options.patience };

  const first = authenticated({ baseUrl, userAgent, key, clock, observe, patience });
  const config = await serverConfig(first, version, options);
  const paused = options.patience?.paused ?? config.billing_exception_max_pause_duration_sec * 1000;
  const caller = authenticated({ baseUrl, userAgent, key, clock, observe, patience: { ...patience, paused } });
  const tokens = hasKey && config.pjwt_auth_enabled;
  if (tokens) caller.useTokens();

  const protobuf = (options.form ?? (config.proto_write_fwdbwd ? 'protobuf' : 'json')) === 'protobuf';
  const zstd = protobuf && config.proto_compress_fwdbwd && zstdAvailable;
  if (protobuf && config.proto_compress_fwdbwd && !zstdAvailable) {
    options.notice?.({
      kind: 'uncompressed',
      text: `Node ${process.versions.node} has no zstd: bodies go uncompressed`,
    });
  }
  const connection: Connection = {
    caller,
    config,
    protobuf,
    zstd,
    trainingBytes: new Budget(config.fwdbwd_dispatch_bytes_semaphore_size),
    samplingBytes: new Budget(config.sample_dispatch_bytes_semaphore_size),
    samplingSends: new Budget(mostSamplingSends),
    samplingRequests: new Budget(config.sample_max_concurrent_requests),
    responseBytes: new Budget(config.inflight_response_bytes_semaphore_size),
    pressure: new BackPressure(clock),
  };
  const heartbeat = {
    baseUrl,
    userAgent,
    key,
    tokens,
    interval: options.heartbeat?.interval ?? 10_000,
    warnAfter: options.heartbeat?.warnAfter ?? 120_000,
    patience,
  };
  const { exclusive = false, notice = () => {} } = options;
  return new TinkerClient(connection, { version, exclusive, notice, heartbeat });
}

/** The official client's number. */
const mostSamplingSends = 400;

async function serverConfig(
  caller: AuthenticatedCaller,
  version: string,
  options: ConnectOptions,
): Promise<ServerConfig> {
  const how = { signal: options.signal, failing: options.connectPatience ?? 15_000 };
  try {
    return await caller.call('clientConfig', { sdk_version: version }, how);
  } catch (error) {
    if (!(error instanceof SoarError) || error.code !== 'TINKER_NOT_FOUND') throw error;
    // A server without this call has the defaults; a web server without any of them is another one.
    await caller.call('capabilities', undefined, how).catch((cause: unknown) => {
      throw new SoarError('TINKER_WRONG_SERVER', 'there is no Tinker server at this address', {
        where: caller.settings.baseUrl,
        cause,
        remedy: 'check the base URL: the path before /api/v1 belongs to it',
      });
    });
    return clientConfig.parse({});
  }
}

function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')).version;
}
