/**
 * Which request a worker serves next. Copies of weights take no time, but another worker waits for them: they go before the
 * computations of other policies. The requests of one policy keep their order. Pure.
 */
import type { RequestMessage, RequestName } from './protocol.js';

const computations: ReadonlySet<RequestName> = new Set(['model', 'sample', 'score', 'train', 'gradient', 'step']);

/** `create` is made only when its model has been announced. @returns its place in the queue: 0 where nothing overtakes */
export function nextRequest(queue: readonly RequestMessage[]): number {
  const touched = new Set<number>();
  for (const [i, request] of queue.entries()) {
    const policies = policiesOf(request);
    if (!computations.has(request.name) && policies.every((policy) => !touched.has(policy))) return i;
    for (const policy of policies) touched.add(policy);
  }
  return 0;
}

function policiesOf({ ask }: RequestMessage): number[] {
  return [...('policy' in ask ? [ask.policy] : []), ...('from' in ask ? [ask.from] : [])];
}
