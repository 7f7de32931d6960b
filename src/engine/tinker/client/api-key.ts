/**
 * The API key. It is kept where no log, error message, `JSON.stringify` or `console.log` finds it, and leaves only as a header.
 */
import { inspect } from 'node:util';
import { SoarError } from '../../../errors.js';

const hidden = '[hidden]';

export class ApiKey {
  readonly #value: string;

  /** @throws SoarError TINKER_KEY for what cannot be a header's value; the message does not repeat it */
  constructor(value: string) {
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new SoarError('TINKER_KEY', 'the API key is empty or has blanks or characters that no key has', {
        remedy: 'set TINKER_API_KEY to the key alone, without quotes or line ends',
      });
    }
    this.#value = value;
  }

  /** For the header, and for nothing else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** `given`, or TINKER_API_KEY; none for servers that ask for none. @throws SoarError TINKER_KEY */
export function apiKeyFrom(given: string | undefined, environment: NodeJS.ProcessEnv): ApiKey | undefined {
  const value = given ?? environment.TINKER_API_KEY;
  return value === undefined || value === '' ? undefined : new ApiKey(value.trim());
}
