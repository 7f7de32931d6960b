/** A client's insides against a scripted server, without threads and without waiting. */
import { expect, onTestFinished } from 'vitest';
import { clientConfig } from '../../wire/service.js';
import { ApiKey } from '../api-key.js';
import { BackPressure } from '../back-pressure.js';
import { Budget } from '../budget.js';
import { Caller, type CallReport, type Patience } from '../caller.js';
import type { Connection, ServerConfig } from '../connection.js';
import { Credentials } from '../credentials.js';
import { TinkerModel } from '../model.js';
import { Sampler } from '../sampler.js';
import { type SessionHome, TinkerSession } from '../session.js';
import { byPath, type Play, ScriptedServer } from './scripted-server.js';
import { SwiftClock } from './swift-clock.js';

export interface Rig {
  readonly server: ScriptedServer;
  readonly clock: SwiftClock;
  readonly reports: CallReport[];
  readonly caller: Caller;
  readonly connection: Connection;
  readonly session: TinkerSession;
  readonly model: TinkerModel;
  readonly sampler: Sampler;
}

export interface RigOptions {
  readonly config?: Partial<ServerConfig>;
  readonly protobuf?: boolean;
  readonly zstd?: boolean;
  readonly exclusive?: boolean;
  readonly patience?: Partial<Patience>;
  readonly key?: string;
}

export async function rig(script: Parameters<typeof byPath>[0] | Play, options: RigOptions = {}): Promise<Rig> {
  const server = await ScriptedServer.start(typeof script === 'function' ? (script as Play) : byPath(script));
  onTestFinished(() => server.close());
  const clock = new SwiftClock();
  const reports: CallReport[] = [];
  const caller = new Caller({
    baseUrl: server.url,
    userAgent: 'test',
    credentials: new Credentials(options.key === undefined ? undefined : new ApiKey(options.key), clock),
    clock,
    patience: {
      answer: 10_000,
      poll: 10_000,
      failing: 300_000,
      paused: 3_600_000,
      pending: 7_200_000,
      ...options.patience,
    },
    observe: (report) => reports.push(report),
  });
  const config = { ...clientConfig.parse({}), ...options.config };
  const connection: Connection = {
    caller,
    config,
    protobuf: options.protobuf ?? false,
    zstd: options.zstd ?? false,
    trainingBytes: new Budget(config.fwdbwd_dispatch_bytes_semaphore_size),
    samplingBytes: new Budget(config.sample_dispatch_bytes_semaphore_size),
    samplingSends: new Budget(400),
    samplingRequests: new Budget(config.sample_max_concurrent_requests),
    responseBytes: new Budget(config.inflight_response_bytes_semaphore_size),
    pressure: new BackPressure(clock),
  };
  const home: SessionHome = {
    connection,
    exclusive: options.exclusive ?? false,
    known: new Set(),
    creations: new Budget(1),
    capabilities: () => caller.call('capabilities', undefined),
    ended: () => {},
  };
  const session = new TinkerSession(home, 'session_1');
  const model = new TinkerModel(connection, session, 'model_1', 1);
  return { server, clock, reports, caller, connection, session, model, sampler: new Sampler(connection, 'sampling_1') };
}

export const promise = (id: string) => ({ json: { future_id: id, status: 'pending', request_id: id } });
export const coded = (code: string) => expect.objectContaining({ code });
