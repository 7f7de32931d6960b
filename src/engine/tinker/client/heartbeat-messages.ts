/** Between the client and the thread that keeps its sessions alive. */
import type { Patience } from './caller.js';

export interface HeartbeatSettings {
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly apiKey: string | undefined;
  /** The key is exchanged for tokens. */
  readonly tokens: boolean;
  /** Milliseconds between heartbeats. */
  readonly interval: number;
  /** Milliseconds without one after which it is said. */
  readonly warnAfter: number;
  readonly patience: Patience;
}

export type ToHeartbeats =
  /** `silent`: the next heartbeat that arrives is news. */
  { readonly start: string; readonly silent?: boolean } | { readonly stop: string };

export interface FromHeartbeats {
  readonly session: string;
  /** `silent`: no heartbeat arrived for a while. `lost`: the server does not know the session. `unkept`: none is sent any more. */
  readonly state: 'alive' | 'silent' | 'lost' | 'unkept';
  /** The last failure's code. */
  readonly code?: string;
}
