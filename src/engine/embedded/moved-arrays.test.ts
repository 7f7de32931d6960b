import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { arrivedState, buffersIn, copiedState, type MovedState, movedState } from './moved-arrays.js';

async function across(state: MovedState): Promise<MovedState> {
  const { port1, port2 } = new MessageChannel();
  const arrived = once(port2, 'message');
  port1.postMessage(state, buffersIn(state));
  const [message] = await arrived;
  port1.close();
  return message;
}

it('a state arrives as it was, and a copy leaves it as it is', async () => {
  const state = {
    weights: Float32Array.of(1, 2, 3),
    optimizer: { m: Float32Array.of(4, 5, 6), v: Float32Array.of(7, 8, 9), steps: 10 },
  };
  expect(arrivedState(await across(copiedState(state)))).toEqual(state);
  const expected = structuredClone(state);
  expect(arrivedState(await across(movedState(state)))).toEqual(expected);
  expect(state.weights).toHaveLength(0);
});

it('of a view that does not fill its buffer only what it shows is moved', async () => {
  const all = Float32Array.of(1, 2, 3, 4);
  expect(arrivedState(await across(movedState({ weights: all.subarray(1, 3) })))).toEqual({
    weights: Float32Array.of(2, 3),
  });
  expect(all).toHaveLength(4);
});

it('more than 4 GiB arrive whole', async () => {
  // Untouched pages take no memory.
  const weights = new Float32Array(2 ** 30 + 5);
  expect(arrivedState(await across(movedState({ weights }))).weights).toHaveLength(2 ** 30 + 5);
});
