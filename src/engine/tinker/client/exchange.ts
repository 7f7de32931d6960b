/**
 * One request and its answer, or the reason why there is none. Nothing is tried twice here.
 *
 * By node:http, not fetch: in a step of the paper's size thousands of sequences are scored by a request each, and fetch takes four
 * times as much of the processor for one.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { expectListeners } from './signals.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the whole answer must be there. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** No answer came, or not all of it. */
export class Unanswered extends Error {
  readonly timedOut: boolean;
  /** False where the request cannot have reached the server: it was certainly not carried out. */
  readonly reached: boolean;

  constructor(reason: string, { timedOut, reached }: { timedOut: boolean; reached: boolean }) {
    super(reason);
    this.timedOut = timedOut;
    this.reached = reached;
  }
}

/** Milliseconds to a connection, its encryption included. */
const connectTimeout = 10_000;
/** Idle connections are closed here before servers, which wait for 5 s and more, close them under a request. */
const keep = { keepAlive: true, timeout: 4_000 };
const plain = new http.Agent(keep);
const encrypted = new https.Agent(keep);

/** Redirections are not followed: one would carry the key to wherever it points. @throws Unanswered, or the signal's reason */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { timeout, signal } = request;
  await seeClosedConnections();
  signal?.throwIfAborted();
  const way = new Way();
  const giveUp = () => way.cut(new Unanswered(noAnswer(timeout), { timedOut: true, reached: way.reached }));
  const timer = setTimeout(giveUp, timeout);
  const abort = () => way.cut(signal?.reason);
  expectListeners(signal);
  signal?.addEventListener('abort', abort);
  try {
    return await unpacked(await answerTo(request, way));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Unanswered) throw error;
    throw new Unanswered(reasonOf(error), { timedOut: false, reached: way.reached });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** A round of the event loop, so that no request goes out on a connection that the server has closed while this thread was busy. */
async function seeClosedConnections(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/**
 * A request that is under way. The runtime keeps its listeners for as long as the connection lies idle, so they know this alone, and it
 * forgets the answer and whoever waits for it as soon as that is over.
 */
class Way {
  /** There was a connection: from now on it may have been carried out. */
  reached = false;
  sent: http.ClientRequest | undefined;
  /** Of the answer's body. */
  parts: Buffer[] = [];
  private ends: Ends | undefined;

  ended(): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.ends = { resolve, reject };
    });
  }

  /** What comes later is too late. */
  over(act: (ends: Ends) => void): void {
    const { ends } = this;
    this.ends = undefined;
    this.parts = [];
    if (ends) act(ends);
  }

  fail(reason: unknown): void {
    this.over(({ reject }) => reject(reason));
  }

  /** Gives it up. */
  cut(reason: unknown): void {
    this.fail(reason);
    this.sent?.destroy();
  }
}

interface Ends {
  resolve(answer: HttpAnswer): void;
  reject(reason: unknown): void;
}

function answerTo(request: HttpRequest, way: Way): Promise<HttpAnswer> {
  const ended = way.ended();
  way.sent = opened(request);
  listen(way.sent, way);
  way.sent.end(request.body);
  return ended;
}

function opened({ method, url, headers, body }: HttpRequest): http.ClientRequest {
  const secure = url.startsWith('https:');
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body?.length;
  return (secure ? https : http).request(url, {
    method,
    agent: secure ? encrypted : plain,
    headers: {
      ...headers,
      'accept-encoding': 'gzip, deflate',
      ...(length !== undefined && { 'content-length': length }),
    },
  });
}

function listen(sent: http.ClientRequest, way: Way): void {
  sent.on('error', (error) => way.fail(error));
  sent.once('socket', (socket) => {
    way.reached = !socket.connecting;
    if (way.reached) return;
    const refuse = () => way.cut(new Unanswered(noConnection, { timedOut: false, reached: false }));
    const patience = setTimeout(refuse, connectTimeout);
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      way.reached = true;
      clearTimeout(patience);
    });
    socket.once('close', () => clearTimeout(patience));
  });
  sent.once('response', (answer) => {
    answer.on('data', (part: Buffer) => way.parts.push(part));
    answer.once('error', (error) => way.fail(error));
    answer.once('close', () => way.fail(new Error('cut')));
    answer.once('end', () => {
      if (!answer.complete) return way.fail(new Error('cut'));
      const { parts } = way;
      const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      way.over(({ resolve }) => resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), body }));
    });
  });
}

function headersOf({ rawHeaders }: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return headers;
}

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate) };

async function unpacked(answer: HttpAnswer): Promise<HttpAnswer> {
  const encoding = answer.headers.get('content-encoding')?.trim().toLowerCase();
  if ((encoding !== 'gzip' && encoding !== 'deflate') || answer.body.length === 0) return answer;
  return { ...answer, body: await unzip[encoding](answer.body) };
}

const noAnswer = (timeout: number) => `no answer within ${timeout / 1000} s`;
const noConnection = `no connection within ${connectTimeout / 1000} s`;

/** The code alone where there is one: messages of the layers below may repeat headers. */
function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}
