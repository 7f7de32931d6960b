/** The HTTP side: keys, bodies, routes, faults, answers. What a request does is in `calls.ts` and `retrieve.ts`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { CallName } from '../wire/calls.js';
import type { retrieveFutureBody } from '../wire/futures.js';
import { acceptPass } from './accept-training.js';
import type { Acceptor } from './acceptor.js';
import type { Place } from './apply.js';
import { isProtobuf, parsedBody, protobufPass, readBody, unpacked } from './bodies.js';
import { type Circumstances, handlers } from './calls.js';
import type { FaultCounter } from './fault-plan.js';
import { deliverWith, type Ground } from './faulty-delivery.js';
import { tokenHolds } from './keys.js';
import { Refusal } from './refusal.js';
import { type Answer, jsonAnswer, retrieve } from './retrieve.js';
import { type Route, routeOf } from './routes.js';

export interface Surroundings {
  readonly place: () => Place;
  readonly acceptor: Acceptor;
  readonly faults: FaultCounter;
  readonly apiKey?: string;
  readonly futureWaitMilliseconds: number;
  readonly restart: Ground['restart'];
  readonly expireSessions: Ground['expireSessions'];
}

const root = '/api/v1';
/** They do not count as other requests that could overtake one. */
const background: readonly CallName[] = ['retrieveFuture', 'heartbeat'];

export class HttpFront {
  readonly traffic = { received: 0, sent: 0 };
  private readonly around: Surroundings;
  private downUntil = 0;
  private overtakers = new Set<() => void>();

  constructor(around: Surroundings) {
    this.around = around;
  }

  isDown(): boolean {
    return Date.now() < this.downUntil;
  }

  goDown(milliseconds: number): void {
    this.downUntil = Date.now() + milliseconds;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await this.answer(request, gone.signal).catch((error: unknown) => {
      // The client went away while its body was read.
      if (request.destroyed && !(error instanceof Refusal)) return undefined;
      return refused(error);
    });
    if (!answer) {
      request.socket.destroy();
      return;
    }
    const { status, body, type, headers } = answer;
    this.traffic.sent += body?.length ?? 0;
    response.writeHead(status, { ...(type && { 'content-type': type }), ...headers });
    response.end(body);
  }

  private async answer(request: IncomingMessage, gone: AbortSignal): Promise<Answer | undefined> {
    const url = new URL(request.url ?? '/', 'http://server');
    const { place, faults } = this.around;
    if (url.pathname === '/' && place().profile.name.startsWith('skyrl'))
      return jsonAnswer(200, { name: 'Tinker API Mock' });
    const path = url.pathname.startsWith(root) ? url.pathname.slice(root.length) : '';
    const bytes = await readBody(request);
    this.traffic.received += bytes.length;
    if (request.method === 'POST' && path === '/telemetry') return jsonAnswer(200, { status: 'accepted' });
    const route = routeOf(request.method ?? 'GET', path);
    if (!route) throw new Refusal(404, 'Not Found');
    this.checkKey(request, route.call);
    const deliver = () =>
      this.deliver(request, route, bytes, url.searchParams, gone).catch((error: unknown) => refused(error));
    const answer = await deliverWith(faults.next(route.call), route.call, this.ground(bytes), deliver);
    if (!background.includes(route.call)) this.overtake();
    return answer;
  }

  private async deliver(
    { headers }: IncomingMessage,
    { call, names }: Route,
    bytes: Buffer,
    query: URLSearchParams,
    gone: AbortSignal,
  ): Promise<Answer> {
    const { acceptor, place, futureWaitMilliseconds: milliseconds } = this.around;
    const { profile, database } = place();
    const body = unpacked(bytes, headers['content-encoding'], call, profile);
    if (call === 'forwardBackward' && profile.protobuf && isProtobuf(headers['content-type'])) {
      return jsonAnswer(200, acceptPass(acceptor, protobufPass(body)));
    }
    const parsed = parsedBody(body, call, profile);
    if (call === 'retrieveFuture') {
      const { request_id: id, allow_metadata_only: metadataOnly = false } = parsed as z.output<
        typeof retrieveFutureBody
      >;
      return retrieve(database, profile, { id, metadataOnly, accept: headers.accept ?? '', milliseconds, gone });
    }
    const handler = handlers[call] as (to: Acceptor, body: unknown, about: Circumstances) => unknown;
    const value = handler(acceptor, parsed, { names, query, now: Date.now() });
    return value === undefined ? { status: 204 } : jsonAnswer(200, value);
  }

  private checkKey({ headers }: IncomingMessage, call: CallName): void {
    const { apiKey, acceptor } = this.around;
    if (apiKey === undefined || call === 'health') return;
    const given = headers['x-api-key'];
    const byToken = acceptor.served.pjwt && call !== 'clientConfig' && call !== 'authToken';
    if (byToken ? typeof given === 'string' && tokenHolds(given, Date.now()) : given === apiKey) return;
    throw new Refusal(401, 'Invalid API key');
  }

  private ground(bytes: Buffer): Ground {
    const { restart, expireSessions, place } = this.around;
    return {
      restart,
      expireSessions,
      expireFuture: () => {
        const id = /"request_id"\s*:\s*"(\d+)"/.exec(bytes.toString('utf8'))?.[1];
        if (id !== undefined) place().database.futures.expire(id);
      },
      overtaken: () => new Promise((resolve) => this.overtakers.add(resolve)),
    };
  }

  private overtake(): void {
    for (const resolve of this.overtakers) resolve();
    this.overtakers.clear();
  }
}

function refused(error: unknown): Answer {
  if (!(error instanceof Refusal)) return { status: 500, body: `Internal Server Error: ${error}`, type: 'text/plain' };
  const { status, detail, plain } = error;
  return plain ? { status, body: `${detail}`, type: 'text/plain' } : jsonAnswer(status, { detail });
}
