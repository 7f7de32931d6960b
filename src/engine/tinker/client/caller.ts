/**
 * Calls by their name in the table `wire/calls.ts`: path, headers, body, retries, and the check of the answer. Nothing here knows what a
 * model or a session is.
 */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { SoarError } from '../../../errors.js';
import { type AnswerOf, type BodyOf, type Call, type CallName, calls } from '../wire/index.js';
import type { Clock } from './clock.js';
import type { Credentials } from './credentials.js';
import { exchange, type HttpAnswer, type HttpRequest, Unanswered } from './exchange.js';
import { refusal, uncertain, unreachable } from './faults.js';
import { checked, readJson } from './read-answer.js';
import { backOff, judge } from './retry-rules.js';
import { Stretch } from './stretch.js';

/** Milliseconds. */
export interface Patience {
  /** For one try of a call: 60 s. */
  readonly answer: number;
  /** For one poll of a promised result, shorter than any server or proxy waits: 45 s. */
  readonly poll: number;
  /** While a call keeps failing: 300 s. */
  readonly failing: number;
  /** While the account is paused (402): an hour, or what the server's configuration says. */
  readonly paused: number;
  /** Until a promised result is there, and while sampling requests meet back-pressure: 2 h. */
  readonly pending: number;
}

/** What a ledger wants to know of a call, tries and polls taken together. */
export interface CallReport {
  readonly call: CallName;
  /** For `retrieveFuture`: the call that promised. */
  readonly of?: CallName;
  /** The model or sampling session that it concerns. */
  readonly subject?: string;
  /** Bodies, all tries together. */
  readonly bytesSent: number;
  /** Bodies after decompression, all tries together. */
  readonly bytesReceived: number;
  /** From the first try to the end, waiting included. */
  readonly seconds: number;
  readonly attempts: number;
  /** `ok`, an error's code, or `aborted`. */
  readonly outcome: string;
}

/** Must not throw. */
export type Observe = (report: CallReport) => void;

/** What is known of a request that did not end well. */
export interface Delivery {
  /** It may have been carried out. */
  uncertain: boolean;
}

export interface SendOptions {
  /** For `:name` in the path. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** False where carrying it out twice does harm: then a lost answer is an error at once. */
  readonly repeatable?: boolean;
  readonly delivery?: Delivery;
  readonly failing?: number;
  /** Takes care of a 429 in place of the back-off. */
  readonly onBusy?: (() => Promise<void>) | undefined;
  readonly subject?: string;
}

export interface Content {
  readonly type: string;
  readonly bytes: string | Uint8Array;
  readonly encoding?: string;
}

export interface CallerSettings {
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly observe: Observe;
}

export class Caller {
  readonly settings: CallerSettings;
  /** Of the last answer, by the server's clock; milliseconds since the epoch. */
  serverTime = Number.NEGATIVE_INFINITY;

  constructor(settings: CallerSettings) {
    this.settings = settings;
  }

  /** A call whose answer is JSON. @throws SoarError TINKER_*, or the signal's reason */
  async call<N extends CallName>(name: N, body: BodyOf<N>, options: SendOptions = {}): Promise<AnswerOf<N>> {
    return this.callWith(name, jsonContent(body), options);
  }

  /** The same for a body that is encoded already. */
  async callWith<N extends CallName>(
    name: N,
    content: Content | undefined,
    options: SendOptions = {},
  ): Promise<AnswerOf<N>> {
    const answer = await this.send(name, content, options);
    const { answer: schema }: Call = calls[name];
    if (!schema) return undefined as AnswerOf<N>;
    const where = this.where(name, options);
    return checked(schema as z.ZodType, readJson(name, where, answer), name, where) as AnswerOf<N>;
  }

  /** Tries until there is an answer to take. @throws SoarError TINKER_*, or the signal's reason */
  async send(name: CallName, content: Content | undefined, options: SendOptions = {}): Promise<HttpAnswer> {
    const { clock } = this.settings;
    const tally = { attempts: 0, bytesSent: 0, bytesReceived: 0 };
    const started = clock.now();
    let outcome = 'aborted';
    try {
      const answer = await this.persist(name, content, options, tally);
      outcome = 'ok';
      return answer;
    } catch (error) {
      outcome = (error as Partial<SoarError>).code ?? 'aborted';
      throw error;
    } finally {
      const { subject } = options;
      const seconds = (clock.now() - started) / 1000;
      this.settings.observe({ call: name, ...(subject !== undefined && { subject }), ...tally, seconds, outcome });
    }
  }

  private async persist(
    name: CallName,
    content: Content | undefined,
    options: SendOptions,
    tally: { attempts: number; bytesSent: number; bytesReceived: number },
  ): Promise<HttpAnswer> {
    const { clock, patience, credentials } = this.settings;
    const { signal, repeatable = true, delivery, failing = patience.failing, onBusy } = options;
    const where = this.where(name, options);
    // The same for all tries, so that servers and proxies that look at it can tell a repetition.
    const key = randomUUID();
    const stretch = new Stretch(clock, signal);
    const nextBackOff = () => backOff(stretch.failures++, clock.random());
    let renewed = false;
    const lost = (reason: string) => {
      if (delivery) delivery.uncertain = true;
      if (!repeatable) throw uncertain(name, where, reason);
    };

    for (;;) {
      signal?.throwIfAborted();
      tally.attempts++;
      tally.bytesSent += content?.bytes.length ?? 0;
      let answer: HttpAnswer;
      try {
        answer = await this.once(name, content, options, key);
      } catch (error) {
        if (!(error instanceof Unanswered)) {
          // Given up while it was on its way.
          if (signal?.aborted && delivery) delivery.uncertain = true;
          throw error;
        }
        if (error.reached) lost(error.message);
        const giveUp = () => unreachable(name, where, error.message);
        await stretch.wait('failing', nextBackOff(), failing, giveUp);
        continue;
      }
      tally.bytesReceived += answer.body.length;
      const { verdict, after, uncertain: maybe } = judge(answer, clock.now());
      const refused = () => refusal(name, where, answer, credentials.redact);
      if (verdict === 'take') return answer;
      if (maybe) lost(`answered ${answer.status}`);
      if (verdict === 'credentials' && !renewed && credentials.refused()) renewed = true;
      else if (verdict === 'paused') await stretch.wait('paused', after ?? 5_000, patience.paused, refused);
      else if (verdict !== 'again') throw refused();
      else if (answer.status === 429 && onBusy) {
        await stretch.wait('busy', after ?? 0, patience.pending, refused);
        await onBusy();
      } else await stretch.wait('failing', after ?? nextBackOff(), failing, refused);
    }
  }

  /** One try, with credentials. @throws Unanswered, or the signal's reason */
  async once(
    name: CallName,
    content: Content | undefined,
    { parameters, query, headers, signal }: SendOptions,
    idempotencyKey: string,
    timeout = this.settings.patience.answer,
  ): Promise<HttpAnswer> {
    const { credentials, userAgent, baseUrl } = this.settings;
    const credential = await credentials.header(signal);
    const { method, path }: Call = calls[name];
    const request: HttpRequest = {
      method,
      url: `${baseUrl}/api/v1${filled(path, parameters)}${queryOf(query)}`,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(method === 'POST' && { 'x-idempotency-key': idempotencyKey }),
        ...(content && { 'content-type': content.type }),
        ...(content?.encoding && { 'content-encoding': content.encoding }),
        ...(credential !== undefined && { 'x-api-key': credential }),
        ...headers,
      },
      timeout,
      signal,
      ...(content && { body: content.bytes }),
    };
    const answer = await exchange(request);
    const date = Date.parse(answer.headers.get('date') ?? '');
    if (Number.isFinite(date)) this.serverTime = date;
    return answer;
  }

  /** For error messages. */
  where(name: CallName, { parameters }: Pick<SendOptions, 'parameters'> = {}): string {
    const { method, path }: Call = calls[name];
    return `${method} ${this.settings.baseUrl}/api/v1${filled(path, parameters)}`;
  }
}

export function jsonContent(body: unknown): Content | undefined {
  return body === undefined ? undefined : { type: 'application/json', bytes: JSON.stringify(body) };
}

function filled(path: string, parameters: SendOptions['parameters'] = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
}

function queryOf(query: SendOptions['query']): string {
  if (!query) return '';
  return `?${new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]))}`;
}
