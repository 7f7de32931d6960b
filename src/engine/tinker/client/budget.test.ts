import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackPressure } from './back-pressure.js';
import { Budget } from './budget.js';
import { SwiftClock } from './scripted/swift-clock.js';

/** Work that ends when it is told. */
function held(log: string[], name: string) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    log.push(name);
    await ended;
  };
  return {
    work,
    end() {
      end();
      return setImmediate();
    },
  };
}

describe('Budget', () => {
  it('admits in the order of asking, as much as fits; a small one does not overtake', async () => {
    const budget = new Budget(10);
    const log: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => held(log, name));
    const all = [budget.use(6, a!.work), budget.use(6, b!.work), budget.use(4, c!.work), budget.use(1, d!.work)];
    await setImmediate();
    expect(log).toEqual(['a']);
    await a!.end();
    expect(log).toEqual(['a', 'b', 'c']);
    await c!.end();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    await Promise.all([b!.end(), d!.end()]);
    await Promise.all(all);
  });

  it('lets what is larger than all of it pass alone', async () => {
    const budget = new Budget(10);
    const log: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => held(log, name));
    const all = [budget.use(25, a!.work), budget.use(1, b!.work)];
    await setImmediate();
    expect(log).toEqual(['a']);
    await Promise.all([a!.end(), b!.end()]);
    await Promise.all(all);
    expect(log).toEqual(['a', 'b']);
  });

  it('gives back after a failure, and forgets who stops waiting', async () => {
    const budget = new Budget(1);
    const log: string[] = [];
    const a = held(log, 'a');
    const first = budget.use(1, a.work);
    const controller = new AbortController();
    const second = budget.use(1, held(log, 'b').work, controller.signal);
    const third = budget.use(1, () => Promise.reject(new Error('third')));
    const fourth = budget.use(1, async () => log.push('fourth'));
    controller.abort('enough');
    await expect(second).rejects.toBe('enough');
    const failed = expect(third).rejects.toThrow('third');
    await a.end();
    await Promise.all([first, failed, fourth]);
    expect(log).toEqual(['a', 'fourth']);
  });
});

describe('BackPressure', () => {
  it('pauses a second, or five after a long prompt, and weighs twentyfold for ten', async () => {
    const clock = new SwiftClock();
    const pressure = new BackPressure(clock);
    await pressure.clear();
    expect([clock.slept, pressure.weight(3)]).toEqual([[], 3]);
    pressure.refused(100);
    await pressure.clear();
    pressure.refused(200 * 1024);
    await pressure.clear();
    expect([clock.slept, pressure.weight(3)]).toEqual([[1_000, 5_000], 60]);
    await clock.sleep(5_000);
    expect(pressure.weight(3)).toBe(3);
  });
});
