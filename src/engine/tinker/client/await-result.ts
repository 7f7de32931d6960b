/**
 * A promised result, asked for in polls of 45 s until it is there. The three ways in which servers say "not yet" and "failed" end here:
 * a status (SkyRL: 408, 400), an object with a `type` or an `error` (Twinkle, the hosted service), or the size of what is ready.
 */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { SoarError } from '../../../errors.js';
import {
  calls,
  completeMetadata,
  errorBody,
  type PromisingCall,
  pendingBody,
  protobufType,
  type ResultOf,
  requestFailed,
  tryAgain,
} from '../wire/index.js';
import type { Budget } from './budget.js';
import { type Caller, jsonContent } from './caller.js';
import { type HttpAnswer, Unanswered } from './exchange.js';
import { refusal, unreachable } from './faults.js';
import { isProtobuf, readJson, readResult } from './read-answer.js';
import { backOff, detailOf, judge } from './retry-rules.js';
import { Stretch } from './stretch.js';

export interface ResultOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asks for protobuf where the call has it. */
  readonly protobuf: boolean;
  /** Bytes of big answers under way at a time. */
  readonly responses: Budget;
  /** Sends the request once more, after the server forgot what it promised (410). @returns the new request's id */
  readonly resubmit?: (() => Promise<string>) | undefined;
  readonly subject?: string;
}

/** @throws SoarError TINKER_FAILED, TINKER_PROMISE_LOST, TINKER_PENDING and those of `Caller.call`, or the signal's reason */
export async function awaitResult<N extends PromisingCall>(
  caller: Caller,
  name: N,
  requestId: string,
  options: ResultOptions,
): Promise<ResultOf<N>> {
  const { clock, observe } = caller.settings;
  const tally = { attempts: 0, bytesSent: 0, bytesReceived: 0 };
  const started = clock.now();
  let outcome = 'aborted';
  try {
    const result = await pollUntilDone(caller, name, requestId, options, tally);
    outcome = 'ok';
    return result;
  } catch (error) {
    outcome = (error as Partial<SoarError>).code ?? 'aborted';
    throw error;
  } finally {
    const { subject } = options;
    const seconds = (clock.now() - started) / 1000;
    observe({
      call: 'retrieveFuture',
      of: name,
      ...(subject !== undefined && { subject }),
      ...tally,
      seconds,
      outcome,
    });
  }
}

interface Tally {
  attempts: number;
  bytesSent: number;
  bytesReceived: number;
}

/** What one poll said. */
type Poll =
  | { readonly kind: 'done'; readonly answer: HttpAnswer; readonly json: unknown }
  | { readonly kind: 'pending'; readonly queue?: string | undefined }
  | { readonly kind: 'big'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly message: string; readonly byUser: boolean }
  | { readonly kind: 'refused'; readonly answer: HttpAnswer }
  | { readonly kind: 'unanswered'; readonly reason: string };

/** Forgotten promises are renewed this often at most. */
const mostResubmissions = 3;
/** A 400 without a word comes from something between us and the server. */
const mostBare = 3;
/** Milliseconds: servers that do not hold a poll are not asked more often than this. */
const shortest = 500;

async function pollUntilDone<N extends PromisingCall>(
  caller: Caller,
  name: N,
  requestId: string,
  { signal, protobuf, responses, resubmit }: ResultOptions,
  tally: Tally,
): Promise<ResultOf<N>> {
  const { clock, patience, credentials } = caller.settings;
  const where = caller.where('retrieveFuture');
  const started = clock.now();
  const stretch = new Stretch(clock, signal);
  const nextBackOff = () => backOff(stretch.failures++, clock.random());
  let bare = 0;
  let resubmissions = 0;
  let renewed = false;
  let size: number | undefined;
  let queue: string | undefined;

  const fail = (wait: number, giveUp: () => SoarError) => stretch.wait('failing', wait, patience.failing, giveUp);

  for (;;) {
    signal?.throwIfAborted();
    if (clock.now() - started > patience.pending) throw tooLong(name, where, patience.pending, queue);
    const asked = clock.now();
    const ask = (metadataOnly: boolean) => poll(caller, name, requestId, { metadataOnly, protobuf, signal }, tally);
    const said = size === undefined ? await ask(true) : await responses.use(size, () => ask(false), signal);
    if (said.kind === 'done') return readResult(name, said.answer, said.json, where);
    if (said.kind === 'failed') throw failed(name, where, credentials.redact(said.message), said.byUser);
    if (said.kind === 'unanswered') {
      await fail(nextBackOff(), () => unreachable('retrieveFuture', where, said.reason));
    } else if (said.kind !== 'refused') {
      stretch.over();
      renewed = false;
      if (said.kind === 'big') size = said.bytes;
      else {
        if (said.queue !== undefined) queue = credentials.redact(said.queue);
        if (clock.now() - asked < shortest) await clock.sleep(shortest, signal);
      }
    } else {
      const { answer } = said;
      const refused = () => refusal(`retrieveFuture (${name})`, where, answer, credentials.redact);
      const { verdict, after } = judge(answer, clock.now());
      const { status } = answer;
      if (status === 404) throw promiseLost(name, where);
      if (status === 410) {
        if (!resubmit || resubmissions++ >= mostResubmissions) throw promiseLost(name, where);
        requestId = await resubmit();
        size = undefined;
      } else if (status === 400 && bare++ < mostBare) await fail(0, refused);
      else if (verdict === 'credentials' && !renewed && credentials.refused()) renewed = true;
      else if (verdict === 'paused') await stretch.wait('paused', after ?? 5_000, patience.paused, refused);
      else if (verdict !== 'again') throw refused();
      else {
        // A server error may be over already: asked again at once, the first time.
        const wait = nextBackOff();
        await fail(after ?? (status >= 500 && stretch.failures === 1 ? 0 : wait), refused);
      }
    }
  }
}

async function poll(
  caller: Caller,
  name: PromisingCall,
  requestId: string,
  how: { metadataOnly: boolean; protobuf: boolean; signal: AbortSignal | undefined },
  tally: Tally,
): Promise<Poll> {
  const content = jsonContent({ request_id: requestId, ...(how.metadataOnly && { allow_metadata_only: true }) });
  const headers = {
    'x-tinker-request-iteration': String(tally.attempts),
    'x-tinker-request-type': calls[name].path.slice(1),
    ...(how.protobuf && 'protobuf' in calls[name] && { accept: `${protobufType}, application/json` }),
  };
  tally.attempts++;
  tally.bytesSent += content?.bytes.length ?? 0;
  let answer: HttpAnswer;
  try {
    const { poll: patience } = caller.settings.patience;
    answer = await caller.once('retrieveFuture', content, { headers, signal: how.signal }, randomUUID(), patience);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    // Silence is how a server that holds polls for longer than we wait says "not yet".
    return error.timedOut ? { kind: 'pending' } : { kind: 'unanswered', reason: error.message };
  }
  tally.bytesReceived += answer.body.length;
  return sense(answer, caller.where('retrieveFuture'), name);
}

function sense(answer: HttpAnswer, where: string, name: PromisingCall): Poll {
  const { status } = answer;
  if (status === 408) return { kind: 'pending', queue: queueOf(pendingBody.safeParse(jsonOrNothing(answer)).data) };
  if (status < 200 || status >= 300) {
    const final = status === 400 || (status === 500 && detailOf(answer) === 'Unknown error');
    const detail = final ? ownDetail(answer) : undefined;
    return detail === undefined
      ? { kind: 'refused', answer }
      : { kind: 'failed', message: detail, byUser: status === 400 };
  }
  if (isProtobuf(answer)) return { kind: 'done', answer, json: undefined };
  const json = readJson(name, where, answer);
  const notYet = tryAgain.safeParse(json);
  if (notYet.success) return { kind: 'pending', queue: queueOf(notYet.data) };
  const big = completeMetadata.safeParse(json);
  if (big.success) return { kind: 'big', bytes: big.data.response_payload_size };
  const failure = requestFailed.safeParse(json);
  if (!failure.success) return { kind: 'done', answer, json };
  return { kind: 'failed', message: failure.data.error, byUser: failure.data.category === 'user' };
}

/** Why the server holds it back, where it says so. */
function queueOf(said: z.output<typeof pendingBody> | undefined): string | undefined {
  const { queue_state, queue_state_reason } = said ?? {};
  if (queue_state === undefined || queue_state === 'active') return undefined;
  return queue_state_reason ? `${queue_state}: ${queue_state_reason}` : queue_state;
}

/** The detail of a server that speaks for itself, not of something in between. */
function ownDetail(answer: HttpAnswer): string | undefined {
  return errorBody.safeParse(jsonOrNothing(answer)).success ? detailOf(answer) : undefined;
}

function jsonOrNothing({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function failed(call: string, where: string, message: string, byUser: boolean): SoarError {
  return new SoarError('TINKER_FAILED', `${call} failed on the server: ${message.slice(0, 1_000)}`, {
    where,
    kind: byUser ? 'user' : 'environment',
    remedy: "mend what the message names; the server's own log has more",
  });
}

function promiseLost(call: string, where: string): SoarError {
  return new SoarError('TINKER_PROMISE_LOST', `the server no longer knows the ${call} that it promised`, {
    where,
    kind: 'environment',
    remedy: 'it was restarted without its database, or the promise is too old: go on from the last checkpoint',
  });
}

function tooLong(call: string, where: string, milliseconds: number, queue: string | undefined): SoarError {
  const what = `${call} is not done after ${Math.round(milliseconds / 60_000)} minutes${queue ? ` (${queue})` : ''}`;
  return new SoarError('TINKER_PENDING', what, {
    where,
    kind: 'environment',
    remedy: 'look at the server: stuck, or busy with others',
  });
}
