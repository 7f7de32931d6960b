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
import { unsendable } from './faults.js';
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

/**
 * Redirections are not followed: one would carry the key to wherever it points. An answer that comes before the body was sent is the
 * answer, whatever becomes of the rest of the body.
 * @throws Unanswered, SoarError TINKER_REQUEST, or the signal's reason
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { timeout, signal } = request;
  await seeClosedConnections();
  signal?.throwIfAborted();
  const sent = opened(request);
  const way = new Way(sent);
  let stop: (reason: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      reject(reason);
      sent.destroy();
    };
  });
  const giveUp = () => stop(new Unanswered(noAnswer(timeout), { timedOut: true, reached: way.reached }));
  const timer = setTimeout(giveUp, timeout);
  const abort = () => stop(signal?.reason);
  expectListeners(signal);
  signal?.addEventListener('abort', abort);
  try {
    return await Promise.race([answerTo(request, way), stopped]);
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
  readonly sent: http.ClientRequest;
  /** There was a connection: from now on it may have been carried out. */
  reached = false;
  /** An answer has begun: how the body fares on its way does not matter any more. */
  answered = false;
  /** Of the answer's body. */
  parts: Buffer[] = [];
  private ends: Ends | undefined;

  constructor(sent: http.ClientRequest) {
    this.sent = sent;
  }

  ended(): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.ends = { resolve, reject };
    });
  }

  done({ statusCode = 0, rawHeaders }: http.IncomingMessage): void {
    const { parts } = this;
    this.over(({ resolve }) => resolve({ status: statusCode, rawHeaders, parts }));
    // What is left of the body would keep the connection, for good where the server reads no further.
    if (!this.sent.writableFinished) this.sent.destroy();
  }

  fail(reason: unknown): void {
    this.over(({ reject }) => reject(reason));
  }

  /** Gives it up. */
  cut(reason: unknown): void {
    this.fail(reason);
    this.sent.destroy();
  }

  /** What comes later is too late. */
  private over(act: (ends: Ends) => void): void {
    const { ends } = this;
    this.ends = undefined;
    this.parts = [];
    if (ends) act(ends);
  }
}

interface RawAnswer {
  readonly status: number;
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
  readonly parts: readonly Buffer[];
}

interface Ends {
  resolve(answer: RawAnswer): void;
  reject(reason: unknown): void;
}

async function answerTo({ body: sending }: HttpRequest, way: Way): Promise<HttpAnswer> {
  const ended = way.ended();
  listen(way);
  way.sent.end(sending);
  const { status, rawHeaders, parts } = await ended;
  const headers = headersOf(rawHeaders);
  const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  return { status, headers, body: await unpacked(body, headers) };
}

/** @throws SoarError TINKER_REQUEST */
function opened({ method, url, headers, body }: HttpRequest): http.ClientRequest {
  const secure = url.startsWith('https:');
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body?.length;
  try {
    return (secure ? https : http).request(url, {
      method,
      agent: secure ? encrypted : plain,
      headers: {
        ...headers,
        'accept-encoding': 'gzip, deflate',
        ...(length !== undefined && { 'content-length': length }),
      },
    });
  } catch (error) {
    throw unsendable(`${method} ${url}`, reasonOf(error), Object.keys(headers).find(refused(headers)));
  }
}

/** Of a header's name: whether it, or its value, cannot be written. */
const refused = (headers: HttpRequest['headers']) => (name: string) => {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, headers[name] as string);
    return false;
  } catch {
    return true;
  }
};

function listen(way: Way): void {
  const { sent } = way;
  // Also after the answer has begun: then the answer's own events say how it ended.
  sent.on('error', (error) => {
    if (!way.answered) way.fail(error);
  });
  sent.once('close', () => {
    if (!way.answered) way.fail(new Error('closed'));
  });
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
    way.answered = true;
    answer.on('data', (part: Buffer) => way.parts.push(part));
    answer.once('error', (error) => way.fail(error));
    answer.once('close', () => way.fail(new Error('cut')));
    answer.once('end', () => (answer.complete ? way.done(answer) : way.fail(new Error('cut'))));
  });
}

function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return headers;
}

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate) };

async function unpacked(body: Uint8Array, headers: Headers): Promise<Uint8Array> {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase();
  if ((encoding !== 'gzip' && encoding !== 'deflate') || body.length === 0) return body;
  return unzip[encoding](body);
}

const noAnswer = (timeout: number) => `no answer within ${timeout / 1000} s`;
const noConnection = `no connection within ${connectTimeout / 1000} s`;

/** The code alone where there is one: messages of the layers below may repeat headers. */
function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? error.errors[0] : error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}
