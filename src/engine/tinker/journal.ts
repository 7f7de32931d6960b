/**
 * What the engine writes down beside a run, so that a process that died leaves nothing behind that the next one cannot find: intents
 * before, receipts after. The engine knows no file: `run/` passes the journal in.
 */
import type { TinkerProfile } from './profiles/profile.js';

export type TinkerRecord =
  | { readonly event: 'opened'; readonly session: string; readonly baseUrl: string; readonly model: string }
  /** What a probe found, so that a resumed run computes with the same. */
  | { readonly event: 'measured'; readonly baseUrl: string; readonly model: string; readonly profile: TinkerProfile }
  /** The server has accepted to make an adapter and promised its name. */
  | { readonly event: 'creating'; readonly request: string }
  | { readonly event: 'created'; readonly request: string; readonly adapter: string }
  /** The server has accepted an optimizer step on a gradient of so many tokens, prompts included. */
  | { readonly event: 'stepped'; readonly adapter: string; readonly sequence: number; readonly tokens: number }
  | { readonly event: 'saving'; readonly checkpoint: string }
  | { readonly event: 'deleted'; readonly checkpoint: string }
  | { readonly event: 'released'; readonly adapter: string }
  /** Adapters of dead processes, with the optimizer steps that died with them and are made again, and the tokens of these. */
  | ({ readonly event: 'recovered' } & Recovered);

export interface Recovered {
  readonly adapters: number;
  readonly steps: number;
  readonly tokens: number;
}

export interface TinkerJournal {
  /** Of earlier processes, in order. */
  readonly past: readonly TinkerRecord[];
  /** Durable when it resolves. */
  record(entry: TinkerRecord): Promise<void>;
}

export const noJournal: TinkerJournal = { past: [], record: async () => undefined };

export interface LeftBehind {
  /** Adapters that were made and never released. */
  readonly adapters: readonly string[];
  /** Promises of adapters of which no name is known. */
  readonly requests: readonly string[];
  /** Checkpoints that were, or were about to be, saved and never deleted. */
  readonly checkpoints: readonly string[];
  /** Optimizer steps of those adapters, and the tokens of their gradients. */
  readonly steps: number;
  readonly tokens: number;
}

/** Pure. */
export function leftBehind(past: readonly TinkerRecord[]): LeftBehind {
  const adapters = new Map<string, { readonly steps: number; readonly tokens: number }>();
  const requests = new Set<string>();
  const checkpoints = new Set<string>();
  for (const record of past) {
    switch (record.event) {
      case 'creating':
        requests.add(record.request);
        break;
      case 'created':
        requests.delete(record.request);
        adapters.set(record.adapter, none);
        break;
      case 'stepped': {
        const { steps, tokens } = adapters.get(record.adapter) ?? none;
        adapters.set(record.adapter, { steps: steps + 1, tokens: tokens + record.tokens });
        break;
      }
      case 'released':
        adapters.delete(record.adapter);
        break;
      case 'saving':
        checkpoints.add(record.checkpoint);
        break;
      case 'deleted':
        checkpoints.delete(record.checkpoint);
        break;
      // Whoever recovered has released what it could; the rest the server clears with its session.
      case 'recovered':
        adapters.clear();
        requests.clear();
    }
  }
  const sumOf = (key: 'steps' | 'tokens') => [...adapters.values()].reduce((sum, of) => sum + of[key], 0);
  return {
    adapters: [...adapters.keys()],
    requests: [...requests],
    checkpoints: [...checkpoints],
    steps: sumOf('steps'),
    tokens: sumOf('tokens'),
  };
}

const none = { steps: 0, tokens: 0 } as const;
