/** Lists, sets and tuples. Lists and sets are compared as collections with repetition, so that a dropped repeat is a difference. */
import type { ListValue, TupleValue, Value } from '../answer/value.js';
import type { Comparison, Difference } from './comparison.js';

type Differ = (gold: Value, answer: Value) => Difference;

export function listDifference(
  gold: readonly Value[],
  answer: readonly Value[],
  differ: Differ,
  { policy, budget }: Comparison,
): Difference {
  if (gold.length !== answer.length) return `has ${answer.length} elements where the gold has ${gold.length}`;
  if (policy.listOrder === 'kept' || gold.some((item) => item.kind === 'text')) return inOrder(gold, answer, differ);
  const free = new Set(answer.map((_, i) => i));
  for (const item of gold) {
    let found: number | undefined;
    for (const i of free) {
      budget.spend(32);
      if (differ(item, answer[i] as Value) === undefined) {
        found = i;
        break;
      }
    }
    if (found === undefined) return 'lacks an element of the gold';
    free.delete(found);
  }
  return undefined;
}

function inOrder(gold: readonly Value[], answer: readonly Value[], differ: Differ): Difference {
  for (let i = 0; i < gold.length; i++) {
    const reason = differ(gold[i] as Value, answer[i] as Value);
    if (reason !== undefined) return `has an element that ${reason}`;
  }
  return undefined;
}

export function tupleDifference(gold: TupleValue, answer: TupleValue, differ: Differ): Difference {
  if (gold.open !== answer.open || gold.close !== answer.close) return 'has other brackets';
  if (gold.items.length !== answer.items.length) return 'has another number of elements';
  return inOrder(gold.items, answer.items, differ);
}

/** A list or set of one is its element. */
export function onlyElement(value: ListValue): Value | undefined {
  return value.items.length === 1 ? value.items[0] : undefined;
}
