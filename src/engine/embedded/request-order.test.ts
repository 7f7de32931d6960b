import { expect, it } from 'vitest';
import type { RequestMessage } from './protocol.js';
import { nextRequest } from './request-order.js';

const request = (name: string, ask: object) => ({ id: 0, name, ask }) as unknown as RequestMessage;
const train = (policy: number) => request('train', { policy });
const sample = (policy: number) => request('sample', { policy });
const read = (policy: number) => request('read', { policy });

it.each([
  ['computations keep their order', [sample(1), train(2), sample(3)], 0],
  ['a copy goes before computations of other policies', [train(1), sample(2), read(3)], 2],
  ['a copy waits for what its policy was asked before', [train(1), sample(3), read(3)], 0],
  ['a copy of another policy overtakes one that waits', [train(1), read(1), read(2)], 2],
  ['a release waits for the samples before it', [sample(4), request('release', { policy: 4 })], 0],
  ['a fork waits for the training of what it copies', [train(1), request('fork', { policy: 9, from: 1 })], 0],
  ['what uses a fork waits for it', [train(1), request('fork', { policy: 9, from: 1 }), read(9)], 0],
  ['nothing overtakes where all is cheap', [read(1), read(2)], 0],
])('%s', (_, queue, expected) => {
  expect(nextRequest(queue)).toBe(expected);
});
