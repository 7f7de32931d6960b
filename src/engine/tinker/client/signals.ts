/** One signal may end hundreds of requests at a time, which Node takes for a leak unless it is told. */
import { setMaxListeners } from 'node:events';

export function expectListeners(signal: AbortSignal | undefined): void {
  if (signal) setMaxListeners(0, signal);
}
