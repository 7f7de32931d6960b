import { describe, expect, it } from 'vitest';
import { sideBySide } from './study.js';

describe('sideBySide', () => {
  /** Tasks that take 3, 2, 1 turns of the event loop. */
  function tasks(log: string[], failing: readonly number[] = []) {
    return [3, 2, 1].map((turns, i) => async () => {
      log.push(`start ${i}`);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      log.push(`end ${i}`);
      if (failing.includes(i)) throw new Error(`task ${i}`);
      return i * 10;
    });
  }

  it('answers in the order of the tasks', async () => {
    expect(await sideBySide(tasks([]), 3)).toEqual([0, 10, 20]);
  });

  it('keeps to its limit', async () => {
    const log: string[] = [];
    await sideBySide(tasks(log), 1);
    expect(log).toEqual(['start 0', 'end 0', 'start 1', 'end 1', 'start 2', 'end 2']);
  });

  it('starts all at once within the limit', async () => {
    const log: string[] = [];
    await sideBySide(tasks(log), 16);
    expect(log).toEqual(['start 0', 'start 1', 'start 2', 'end 2', 'end 1', 'end 0']);
  });

  it('lets the others finish, then throws the first failure by order', async () => {
    const log: string[] = [];
    await expect(sideBySide(tasks(log, [1, 2]), 3)).rejects.toThrow('task 1');
    expect(log).toContain('end 0');
  });
});
