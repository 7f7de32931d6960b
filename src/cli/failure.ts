/** From an error to what a terminal shows and to the exit code. */
import { CommanderError } from 'commander';
import { SoarError } from '../errors.js';

/** Undefined when the message is out already. */
export function failureText(error: unknown, debug: boolean): string | undefined {
  if (error instanceof CommanderError) return undefined;
  if (error instanceof Stopped) return failureText(error.cause, debug);
  if (error instanceof SoarError) return debug ? `${error}\n${error.stack}` : String(error);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const lines = [`INTERNAL: ${message}`, '  do:    run it again with --debug and report what it shows'];
  return debug && stack ? `${lines[0]}\n${stack}` : lines.join('\n');
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Stopped) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof SoarError ? error.exitCode : 1;
}

/** The user ended the command by a signal. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, cause: unknown) {
    super('stopped', { cause });
    this.exitCode = exitCode;
  }
}
