import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { SoarError } from '../errors.js';
import { exitCodeOf, failureText, Stopped } from './failure.js';

describe('what went wrong, as a terminal shows it', () => {
  it('a coded error: code, place and remedy; the exit code by its kind', () => {
    const error = new SoarError('A_CODE', 'it broke', { where: 'here', remedy: 'mend it' });
    expect(failureText(error, false)).toBe('A_CODE: it broke\n  where: here\n  do:    mend it');
    expect(exitCodeOf(error)).toBe(2);
    expect(exitCodeOf(new SoarError('A', '', { kind: 'environment' }))).toBe(3);
    expect(exitCodeOf(new SoarError('A', '', { kind: 'internal' }))).toBe(1);
  });

  it('anything else: INTERNAL with a short remedy, the stack only when asked for', () => {
    const error = new TypeError('x is not a function');
    expect(failureText(error, false)).toBe(
      'INTERNAL: x is not a function\n  do:    run it again with --debug and report what it shows',
    );
    expect(failureText(error, true)).toContain('failure.test.ts');
    expect(failureText('a text', false)).toMatch(/^INTERNAL: a text\n/);
    expect(exitCodeOf(error)).toBe(1);
  });

  it('help and version are no failure; a wrong command line is one of the user', () => {
    expect(exitCodeOf(new CommanderError(0, 'commander.help', ''))).toBe(0);
    expect(exitCodeOf(new CommanderError(1, 'commander.unknownOption', ''))).toBe(2);
    expect(failureText(new CommanderError(1, 'commander.unknownOption', 'said already'), false)).toBeUndefined();
  });

  it('a signal: its code, and what to do', () => {
    const stopped = new Stopped(130, new SoarError('RUN_INTERRUPTED', 'stopped', { remedy: 'resume' }));
    expect(exitCodeOf(stopped)).toBe(130);
    expect(failureText(stopped, false)).toContain('do:    resume');
  });
});
