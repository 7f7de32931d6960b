/**
 * A server that speaks the Tinker protocol over loopback HTTP and really trains: adapters of an in-process engine. A profile makes it
 * behave as one of the real servers does, a fault plan breaks it at planned places, and a log says what it really did.
 *
 * It is there for tests and benchmarks. It trusts nothing that a client sends and keeps nothing on disk.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { readModelFolder } from '../../../checkpoints/model-folder.js';
import type { PolicyState } from '../../engine.js';
import { Acceptor, type Served } from './acceptor.js';
import type { Place } from './apply.js';
import type { Backend } from './backend.js';
import { Database } from './database.js';
import { type Fault, FaultCounter, type FaultPlan, noFaults } from './fault-plan.js';
import { HttpFront } from './http-front.js';
import { Models } from './models.js';
import { NullBackend, type NullModel } from './null-backend.js';
import { OperationLog } from './operation-log.js';
import type { ServerProfile } from './profile.js';
import { TrainingBackend, type TrainingModel } from './training-backend.js';
import { type Pace, Worker } from './worker.js';

export interface FakeServerOptions {
  readonly profile: ServerProfile;
  /** What is trained; or what answers are made up of. */
  readonly model: TrainingModel | NullModel;
  /** The name under which it is served; without it, that of its folder. */
  readonly baseModel?: string;
  readonly faults?: FaultPlan;
  /** Asked of every request in `X-API-Key`. */
  readonly apiKey?: string;
  /** Keys are to be changed for tokens that live for a while. */
  readonly pjwt?: boolean;
  /** How long `retrieve_future` waits; without it, as the profile says. */
  readonly futureWaitMilliseconds?: number;
  /** Results are gone once they were told, as no real server has it: for measurements that would fill its memory. */
  readonly forgetsResults?: boolean;
  readonly sessionTimeoutMilliseconds?: number;
  /** SkyRL ticks every 100 ms; without it, as fast as can be. */
  readonly pace?: Partial<Pace>;
}

export type Keeps = 'everything' | 'database' | 'nothing';

export interface FakeServer {
  /** Without `/api/v1`. */
  readonly url: string;
  readonly log: OperationLog;
  /** The faults that were met so far, in order. */
  readonly met: readonly Fault[];
  /** Models whose adapters are in memory. */
  readonly loaded: readonly string[];
  /** Checkpoints that exist: `<model>/<kind>/<name>`. */
  readonly checkpoints: readonly string[];
  /** Bytes of requests and of answers so far. */
  readonly traffic: { readonly received: number; readonly sent: number };
  /** Since the last restart that lost the database: how long it was used, and how much of that no promised request waited or was worked on. */
  readonly busy: { readonly seconds: number; readonly idleSeconds: number };
  /** Weights and optimizer of a loaded model, now. */
  state(model: string): Promise<PolicyState>;
  /** Accepted requests wait until `resume`. */
  pause(): void;
  resume(): void;
  restart(keeps: Keeps, milliseconds?: number): void;
  /** As if no heartbeat had come for too long. */
  expireSessions(): void;
  close(): Promise<void>;
}

export async function startFakeServer(options: FakeServerOptions): Promise<FakeServer> {
  const { profile, model } = options;
  const served = await servedBy(options);
  const backend: Backend = 'folder' in model ? new TrainingBackend(model, profile) : new NullBackend(model);
  const log = new OperationLog();
  let lives = 0;
  const newPlace = (database: Database): Place => ({
    profile,
    database,
    models: new Models(backend, profile, log),
    log,
  });
  const newDatabase = () => new Database(lives, options.forgetsResults);
  let place = newPlace(newDatabase());
  const worker = new Worker(() => place, { tickMilliseconds: 0, workMilliseconds: {}, ...options.pace });
  const met: Fault[] = [];

  const expire = (old: (heartbeat: number | undefined) => boolean) => {
    for (const session of place.database.sessions.values()) {
      if (session.expired || !old(session.heartbeat)) continue;
      session.expired = true;
      for (const row of place.database.models.values()) {
        if (row.session !== session.id || row.status === 'unloaded') continue;
        row.status = 'unloaded';
        void place.models.unload(row.id);
        log.record({ kind: 'session-expired', model: row.id });
      }
    }
  };
  const front = new HttpFront({
    place: () => place,
    acceptor: new Acceptor(
      () => place,
      served,
      () => worker.wake(),
    ),
    faults: new FaultCounter(options.faults ?? noFaults, met),
    futureWaitMilliseconds: options.futureWaitMilliseconds ?? profile.futureWaitSeconds * 1000,
    ...(options.apiKey !== undefined && { apiKey: options.apiKey }),
    restart: (keeps, milliseconds) => restart(keeps, milliseconds),
    expireSessions: () => expire(() => true),
  });
  const http = createServer(
    (request: IncomingMessage, response: ServerResponse) => void front.serve(request, response),
  );
  http.on('connection', (socket) => front.isDown() && socket.destroy());

  function restart(keeps: Keeps, milliseconds = 0): void {
    log.record({ kind: 'restart', note: `keeps ${keeps}` });
    if (keeps !== 'everything') {
      void place.models.clear();
      if (keeps === 'nothing') lives++;
      place = newPlace(keeps === 'database' ? place.database : newDatabase());
      if (keeps === 'nothing') worker.forget();
    }
    front.goDown(milliseconds);
    http.closeAllConnections();
    worker.wake();
  }

  const timeout = options.sessionTimeoutMilliseconds ?? profile.sessionTimeoutSeconds * 1000;
  const cleaner = setInterval(
    () => expire((heartbeat) => heartbeat !== undefined && Date.now() - heartbeat > timeout),
    Math.max(5, timeout / 5),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    log,
    met,
    traffic: front.traffic,
    get busy() {
      return place.database.futures.busy;
    },
    get loaded() {
      return place.models.ids;
    },
    get checkpoints() {
      return [...place.database.checkpoints.keys()];
    },
    state: async (id) => (await place.models.get(id).adapter.snapshot(true)).state!,
    pause: () => worker.pause(),
    resume: () => worker.resume(),
    restart,
    expireSessions: () => expire(() => true),
    async close() {
      clearInterval(cleaner);
      worker.stop();
      place.database.futures.abandon();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await backend.close();
    },
  };
}

async function servedBy({ model, baseModel, pjwt = false }: FakeServerOptions): Promise<Served> {
  if (!('folder' in model)) return { baseModel: baseModel ?? 'null', contextLength: 1 << 20, pjwt };
  const { shape } = await readModelFolder(model.folder);
  return { baseModel: baseModel ?? basename(model.folder), contextLength: shape.contextLength, pjwt };
}
