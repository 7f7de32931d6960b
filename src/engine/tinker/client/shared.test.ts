import { expect, it } from 'vitest';
import { Shared } from './shared.js';

/** Work that ends when it is told to, or given up. */
function work() {
  let signal: AbortSignal | undefined;
  let end: (value: number) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const shared = new Shared<number>((own) => {
    signal = own;
    own.addEventListener('abort', () => fail(new Error('given up')));
    return new Promise((resolve, reject) => {
      end = resolve;
      fail = reject;
    });
  });
  return {
    shared,
    end: (value: number) => end(value),
    fail: (error: Error) => fail(error),
    givenUp: () => signal?.aborted,
  };
}

it('goes on for the others when the one who began it leaves', async () => {
  const { shared, end, givenUp } = work();
  const first = new AbortController();
  const [leaving, staying, unbound] = [
    shared.wait(first.signal),
    shared.wait(new AbortController().signal),
    shared.wait(undefined),
  ];
  first.abort(new Error('enough'));
  await expect(leaving).rejects.toThrow('enough');
  expect([shared.state, givenUp()]).toEqual(['pending', false]);
  end(7);
  expect([await staying, await unbound, shared.state]).toEqual([7, 7, 'done']);
  await expect(shared.wait(undefined)).resolves.toBe(7);
  await expect(shared.wait(first.signal)).rejects.toThrow('enough');
});

it('is given up when all have left, and fails for all that stay', async () => {
  const left = work();
  const [one, other] = [new AbortController(), new AbortController()];
  const waits = [left.shared.wait(one.signal), left.shared.wait(other.signal)];
  one.abort(new Error('one'));
  other.abort(new Error('other'));
  await expect(waits[0]).rejects.toThrow('one');
  await expect(waits[1]).rejects.toThrow('other');
  expect([left.shared.state, left.givenUp()]).toEqual(['failed', true]);

  const failing = work();
  const both = Promise.allSettled([failing.shared.wait(undefined), failing.shared.wait(undefined)]);
  failing.fail(new Error('broken'));
  expect((await both).map((end) => end.status === 'rejected' && end.reason.message)).toEqual(['broken', 'broken']);
  expect([failing.shared.state, failing.givenUp()]).toEqual(['failed', false]);
});
