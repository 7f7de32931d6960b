/** Equations and inequalities: the same when left minus right is the same up to a constant factor. */
import type { RelationSign, RelationValue } from '../answer/value.js';
import type { Budget } from '../budget.js';
import type { Node } from '../expression/node.js';
import type { Difference } from './comparison.js';
import { expressionDifference, proportion } from './expressions.js';

export function relationDifference(gold: RelationValue, answer: RelationValue, budget: Budget): Difference {
  if (gold.signs.length !== answer.signs.length) return 'has another number of relation signs';
  if (gold.signs.length > 1) return chainDifference(gold, answer, budget);
  const [sign, own] = [gold.signs[0] as RelationSign, answer.signs[0] as RelationSign];
  const factor = proportion(leftMinusRight(gold), leftMinusRight(answer), budget);
  if (factor === 0) return 'is another relation';
  const turned = factor > 0 ? own : mirrored(own);
  return sign === turned ? undefined : 'has another relation sign';
}

function leftMinusRight({ sides }: RelationValue): Node {
  const known = remembered.get(sides);
  if (known) return known;
  const node: Node = { op: 'sum', terms: [sides[0] as Node, { op: 'negative', of: sides[1] as Node }] };
  remembered.set(sides, node);
  return node;
}

/** One tree per relation, so that what is remembered of a gold's tree is found again. */
const remembered = new WeakMap<readonly Node[], Node>();

/** `f(2) < f(1) < f(4)`: side by side, in either direction. */
function chainDifference(gold: RelationValue, answer: RelationValue, budget: Budget): Difference {
  const reversed: RelationValue = {
    kind: 'relation',
    sides: [...answer.sides].reverse(),
    signs: [...answer.signs].reverse().map(mirrored),
  };
  const reasons = [answer, reversed].map((own) => sidesDifference(gold, own, budget));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function sidesDifference(gold: RelationValue, answer: RelationValue, budget: Budget): Difference {
  if (gold.signs.some((sign, i) => sign !== answer.signs[i])) return 'has another relation sign';
  for (let i = 0; i < gold.sides.length; i++) {
    const reason = expressionDifference(gold.sides[i] as Node, answer.sides[i] as Node, budget);
    if (reason !== undefined) return `has a side that ${reason}`;
  }
  return undefined;
}

function mirrored(sign: RelationSign): RelationSign {
  const index = '<>≤≥'.indexOf(sign);
  return index < 0 ? sign : ('><≥≤'[index] as RelationSign);
}
