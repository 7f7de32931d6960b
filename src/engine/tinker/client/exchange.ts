/** One request and its answer, or the reason why there is none. Nothing is tried twice here. */
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

/** @throws Unanswered, or the signal's reason */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  const { method, url, headers, body, timeout, signal } = request;
  signal?.throwIfAborted();
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeout);
  const abort = () => controller.abort();
  expectListeners(signal);
  signal?.addEventListener('abort', abort);
  try {
    const answer = await fetch(url, {
      method,
      headers,
      // A redirection would carry the key to wherever it points.
      redirect: 'manual',
      signal: controller.signal,
      ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
    });
    return { status: answer.status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) };
  } catch (error) {
    signal?.throwIfAborted();
    if (timedOut) throw new Unanswered(`no answer within ${timeout / 1000} s`, { timedOut, reached: true });
    const { code, text } = causeOf(error);
    throw new Unanswered(text, { timedOut, reached: !notReached.test(code) });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Codes of faults before a connection, or its encryption, stood. */
const notReached =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_CONNECT_TIMEOUT|CERT_.*|ERR_TLS_.*|.*_SELF_SIGNED_CERT|UNABLE_TO_.*)/;

/** The code alone where there is one: messages of the layers below may repeat headers. */
function causeOf(error: unknown): { code: string; text: string } {
  const { cause } = error as { cause?: unknown };
  const inner = cause instanceof AggregateError ? cause.errors[0] : (cause ?? error);
  const code = (inner as { code?: unknown }).code;
  return typeof code === 'string' ? { code, text: code } : { code: '', text: 'the connection broke' };
}
