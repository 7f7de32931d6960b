/** The client's coded errors. None of them repeats what was sent, and what servers say is cut and cleared of the key. */
import { SoarError } from '../../../errors.js';
import type { HttpAnswer } from './exchange.js';
import { detailOf, sequenceReused } from './retry-rules.js';

/** Takes the key out of a text that came from outside. */
export type Redact = (text: string) => string;

/** An answer that will not get better, or did not within the client's patience. */
export function refusal(call: string, where: string, answer: HttpAnswer, redact: Redact): SoarError {
  const said = redact(detailOf(answer)).slice(0, 500);
  const { code, kind, remedy } = meaning(answer.status, said);
  return new SoarError(code, `${call} was answered ${answer.status}${said === '' ? '' : `: ${said}`}`, {
    where,
    kind,
    remedy,
  });
}

interface Meaning {
  readonly code: string;
  readonly kind: 'user' | 'environment';
  readonly remedy: string;
}

function meaning(status: number, said: string): Meaning {
  const user = (code: string, remedy: string): Meaning => ({ code, kind: 'user', remedy });
  const peer = (code: string, remedy: string): Meaning => ({ code, kind: 'environment', remedy });
  if (status === 401 || status === 403)
    return user('TINKER_UNAUTHORIZED', 'check TINKER_API_KEY: wrong, expired or without access');
  if (status === 402) return user('TINKER_PAYMENT', 'settle the account at the service; nothing was lost');
  if (status === 404)
    return peer(
      'TINKER_NOT_FOUND',
      'the server does not know it: restarted without its database, expired, or another server',
    );
  if (status === 409) {
    return sequenceReused.test(said)
      ? peer(
          'TINKER_SEQUENCE_REUSED',
          'something else drives this model, or it was resumed at a wrong number: make a new one from a checkpoint',
        )
      : peer('TINKER_CONFLICT', 'choose another name, or wait for what is under way');
  }
  if (status === 413) return user('TINKER_TOO_LARGE', 'train on fewer or shorter sequences at a time');
  if (status >= 300 && status < 400)
    return user('TINKER_WRONG_SERVER', 'give the address that it redirects to as base URL');
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return peer('TINKER_UNAVAILABLE', 'look at the server; try again when it is well');
  }
  return user('TINKER_REFUSED', 'mend what the server names');
}

/** No answer at all, for too long. */
export function unreachable(call: string, where: string, reason: string): SoarError {
  return new SoarError('TINKER_UNREACHABLE', `${call} has no answer (${reason})`, {
    where,
    kind: 'environment',
    remedy: 'check the address and that the server runs; what it has done is kept there',
  });
}

/** It cannot even be written. The message has no header's value: it may be the key. */
export function unsendable(where: string, reason: string, header: string | undefined): SoarError {
  // A key is checked by its form when it is read; a token is what the server made of it.
  const token = header === 'x-api-key';
  const place = header === undefined ? '' : ` in the header ${header}`;
  return new SoarError('TINKER_REQUEST', `the request cannot be written (${reason}${place})`, {
    where,
    kind: token ? 'environment' : 'user',
    remedy: token ? 'the server gave a token that no header takes: look at the server' : 'check the base URL',
  });
}

/** It may or may not have been carried out, and doing it twice would do harm. */
export function uncertain(call: string, where: string, reason: string): SoarError {
  return new SoarError('TINKER_UNCERTAIN', `${call} may or may not have been carried out (${reason})`, {
    where,
    kind: 'environment',
    remedy: 'go on from the last checkpoint with a new model',
  });
}

/** An answer that is not what the protocol says. */
export function badAnswer(call: string, where: string, what: string): SoarError {
  return new SoarError('TINKER_ANSWER', `${call} was answered with something else than the protocol says: ${what}`, {
    where,
    kind: 'environment',
    remedy: 'check that the base URL is a Tinker server of a version that this client knows',
  });
}
