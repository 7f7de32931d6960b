/** Ctrl-C and termination: the first asks the work to stop, a second ends the process at once. */
import { constants } from 'node:os';
import { SoarError } from '../errors.js';
import { Stopped } from './failure.js';

/** Runs the work with a signal that it should heed. @throws Stopped with 128 + the signal's number. */
export async function stoppable<T>(
  work: (signal: AbortSignal) => Promise<T>,
  notice: (text: string) => void,
): Promise<T> {
  const controller = new AbortController();
  let exitCode = 0;
  const stop = (name: 'SIGINT' | 'SIGTERM') => {
    const code = 128 + constants.signals[name];
    if (controller.signal.aborted) process.exit(code);
    exitCode = code;
    notice('stopping... (once more to leave at once)');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    const interrupted = error instanceof SoarError && error.code === 'RUN_INTERRUPTED';
    throw interrupted && exitCode !== 0 ? new Stopped(exitCode, error) : error;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
