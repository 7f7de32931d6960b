/**
 * Whether an answer equals a gold. Not symmetric: the gold is trusted and its kind decides what the answer may be; an answer never
 * gains by being ambiguous. `difference` says why not.
 */
import type {
  AssignmentValue,
  ChainValue,
  Interval,
  NumberValue,
  RatioValue,
  TupleValue,
  Value,
} from '../answer/value.js';
import { Budget } from '../budget.js';
import { type Node, sameTree, symbolsOf } from '../expression/node.js';
import { listDifference, onlyElement, tupleDifference } from './collections.js';
import type { Comparison, Difference } from './comparison.js';
import { constantDifference, expressionDifference } from './expressions.js';
import { intervalsDifference } from './intervals.js';
import { basedDifference, clockDifference, ratioDifference } from './notations.js';
import { numberDifference } from './numbers.js';
import { relationDifference } from './relations.js';

export function difference(gold: Value, answer: Value, comparison: Comparison): Difference {
  comparison.budget.spend(16);
  const differ = (g: Value, a: Value): Difference => difference(g, a, comparison);
  if (gold.kind === 'either') return anyOf(gold.values.map((value) => differ(value, answer)));
  if (answer.kind === 'either') return anyOf(answer.values.map((value) => differ(gold, value)));
  // A gold such as 0.56 = 56\% gives the answer several times.
  if (gold.kind === 'chain') return anyOf(gold.values.map((value) => differ(value, answer)));
  if (gold.kind === 'assignment') return assignmentDifference(gold, answer, comparison);
  if (answer.kind === 'assignment' && gold.kind === 'relation') {
    return answer.relation ? relationDifference(gold, answer.relation, comparison.budget) : 'is no relation';
  }
  if (answer.kind === 'assignment' || answer.kind === 'chain') return stepsDifference(gold, answer, comparison);
  return sameKindDifference(gold, answer, comparison, differ);
}

function anyOf(reasons: readonly Difference[]): Difference {
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function sameKindDifference(
  gold: Exclude<Value, { kind: 'either' | 'chain' | 'assignment' }>,
  answer: Exclude<Value, { kind: 'either' | 'chain' | 'assignment' }>,
  comparison: Comparison,
  differ: (gold: Value, answer: Value) => Difference,
): Difference {
  const { budget } = comparison;
  if ((answer.kind === 'list' || answer.kind === 'set') && gold.kind !== 'list' && gold.kind !== 'set') {
    const only = answer.kind === 'set' ? onlyElement(answer) : undefined;
    return only && gold.kind === 'number' ? differ(gold, only) : mismatch(gold, answer);
  }
  switch (gold.kind) {
    case 'number':
      if (answer.kind === 'number') return numberDifference(gold, answer, comparison);
      if (answer.kind === 'ratio') return ratioAgainstNumber(gold, answer, budget);
      return answer.kind === 'based' ? basedDifference(gold, answer, budget) : mismatch(gold, answer);
    case 'expression':
      return answer.kind === 'expression' || answer.kind === 'number'
        ? expressionDifference(gold.node, answer.node, budget)
        : mismatch(gold, answer);
    case 'text':
      return answer.kind === 'text' && answer.words === gold.words ? undefined : 'has other words';
    case 'choice':
      return answer.kind === 'choice' && answer.letter === gold.letter ? undefined : 'is another choice';
    case 'list':
    case 'set':
      if (answer.kind === 'list' || answer.kind === 'set')
        return listDifference(gold.items, answer.items, differ, comparison);
      return gold.kind === 'set' && gold.items.length === 1 && answer.kind === 'number'
        ? differ(gold.items[0] as Value, answer)
        : mismatch(gold, answer);
    case 'tuple': {
      if (answer.kind === 'tuple') return tupleDifference(gold, answer, differ);
      if (answer.kind === 'matrix') return vectorDifference(gold, answer.rows, budget, differ);
      const interval = answer.kind === 'intervals' ? asIntervals(gold, comparison) : undefined;
      return interval && answer.kind === 'intervals'
        ? intervalsDifference(interval, answer.parts, comparison)
        : mismatch(gold, answer);
    }
    case 'intervals': {
      if (answer.kind === 'relation' && gold.relation) return relationDifference(gold.relation, answer, budget);
      const parts = answer.kind === 'intervals' ? answer.parts : asIntervals(answer, comparison);
      return parts ? intervalsDifference(gold.parts, parts, comparison) : mismatch(gold, answer);
    }
    case 'matrix':
      if (answer.kind === 'matrix') return matrixDifference(gold.rows, answer.rows, budget);
      return answer.kind === 'tuple' ? columnDifference(gold.rows, answer, differ) : mismatch(gold, answer);
    case 'relation':
      if (answer.kind === 'intervals' && answer.relation) return relationDifference(gold, answer.relation, budget);
      return answer.kind === 'relation' ? relationDifference(gold, answer, budget) : mismatch(gold, answer);
    case 'ratio':
      return ratioDifference(gold, answer, budget);
    case 'clock':
      return clockDifference(gold, answer, budget);
    case 'date':
      if (answer.kind !== 'date') return mismatch(gold, answer);
      return gold.month === answer.month &&
        gold.day === answer.day &&
        (gold.year === answer.year || gold.year === undefined || answer.year === undefined)
        ? undefined
        : 'is another date';
    case 'based':
      return basedDifference(gold, answer, budget);
  }
}

function mismatch(gold: Value, answer: Value): string {
  return `is ${answer.kind} where the gold is ${gold.kind}`;
}

/** `x = 4`, `f(x) = x + 1`: the value alone is an answer too; another name is not. */
function assignmentDifference(gold: AssignmentValue, answer: Value, comparison: Comparison): Difference {
  if (answer.kind === 'relation') {
    return gold.relation ? relationDifference(gold.relation, answer, comparison.budget) : 'is a relation';
  }
  if (answer.kind === 'assignment') {
    const reason = sameName(gold.name, answer.name) ? undefined : 'is about another name';
    if (reason === undefined) return anyOf(gold.values.map((value) => stepsDifference(value, answer, comparison)));
    const equations = gold.relation && answer.relation;
    return equations ? (relationDifference(gold.relation, answer.relation, comparison.budget) ?? undefined) : reason;
  }
  if (answer.kind === 'intervals' && answer.name !== undefined && answer.name !== gold.name)
    return 'is about another name';
  return anyOf(gold.values.map((value) => difference(value, answer, comparison)));
}

/** `y = x + 1` says what `f(x) = x + 1` says. */
function sameName(gold: string, answer: string): boolean {
  return gold === answer || (answer === 'y' && gold.endsWith(')')) || (gold === 'y' && answer.endsWith(')'));
}

/**
 * `x = \frac{10}{4} = 2.5`: every step must hold, or the answer is none: `7 = 5` is not 5. A step that repeats itself (`0 = 0`) says
 * nothing. After `\approx` only a rounding is allowed, and it counts only for a gold that is itself a decimal.
 */
function stepsDifference(gold: Value, answer: AssignmentValue | ChainValue, comparison: Comparison): Difference {
  const { values, approximate } = answer;
  const reasons: Difference[] = [difference(gold, values[0] as Value, comparison)];
  for (let i = 1; i < values.length; i++) {
    const [before, after] = [values[i - 1] as Value, values[i] as Value];
    if (approximate[i - 1]) {
      if (!isRounding(before, after)) return 'rounds to something else';
      if (gold.kind === 'number' && gold.decimal) reasons.push(difference(gold, after, comparison));
      continue;
    }
    if (sameTrees(before, after)) return 'states nothing';
    if (difference(before, after, { ...comparison, policy: { ...comparison.policy, tolerance: 0 } }) !== undefined) {
      return 'has sides that differ';
    }
    reasons.push(difference(gold, after, comparison));
  }
  return anyOf(reasons);
}

function sameTrees(a: Value, b: Value): boolean {
  if (a.kind === 'expression' && b.kind === 'expression') return sameTree(a.node, b.node);
  return a.kind === 'number' && b.kind === 'number' && a.percent === b.percent && sameTree(a.node, b.node);
}

/** The right number is the left one rounded to the digits that it shows, at least one after the point. */
function isRounding(before: Value, after: Value): boolean {
  if (before.kind !== 'number' || after.kind !== 'number' || !after.decimal) return false;
  // A hair more than half a unit of the last place, so that 0.125 may round to 0.13.
  const half = { n: 1_000_001n, d: 2_000_000n * 10n ** BigInt(Math.min(after.decimal.places, 30)) };
  const gap: Node = {
    op: 'call',
    name: 'floor',
    unknown: false,
    args: [
      {
        op: 'quotient',
        over: { op: 'call', name: 'abs', unknown: false, args: [minus(before, after)] },
        under: { op: 'number', value: half, decimal: false },
      },
    ],
  };
  return constantDifference(gap, { op: 'number', value: { n: 0n, d: 1n }, decimal: false }, new Budget()) === undefined;
}

function minus(a: NumberValue, b: NumberValue): Node {
  return { op: 'sum', terms: [a.node, { op: 'negative', of: b.node }] };
}

/** `(a, b)`, `[a, b)` as an interval, where the policy lets it be one. */
function asIntervals(value: Value, { policy }: Comparison): Interval[] | undefined {
  if (value.kind !== 'tuple' || value.items.length !== 2) return undefined;
  if (policy.pairs === 'tuple' && value.open === '(' && value.close === ')') return undefined;
  const nodes = value.items.map((item) =>
    item.kind === 'number' || item.kind === 'expression' ? item.node : undefined,
  );
  const [low, high] = nodes;
  if (!low || !high) return undefined;
  return [{ low, high, lowClosed: value.open === '[', highClosed: value.close === ']' }];
}

function matrixDifference(gold: Rows, answer: Rows, budget: Budget): Difference {
  if (gold.length !== answer.length || gold[0]?.length !== answer[0]?.length) return 'has another shape';
  for (let i = 0; i < gold.length; i++) {
    const [left, right] = [gold[i] as readonly Node[], answer[i] as readonly Node[]];
    for (let j = 0; j < left.length; j++) {
      const reason = expressionDifference(left[j] as Node, right[j] as Node, budget);
      if (reason !== undefined) return `has a cell that ${reason}`;
    }
  }
  return undefined;
}

type Rows = readonly (readonly Node[])[];

/** A column matrix and a tuple are one vector. */
function vectorDifference(
  gold: TupleValue,
  rows: Rows,
  budget: Budget,
  differ: (gold: Value, answer: Value) => Difference,
): Difference {
  if (gold.open !== '(' || gold.close !== ')') return 'is a matrix where the gold is an interval';
  if (rows.length !== gold.items.length || rows[0]?.length !== 1) return 'has another shape';
  budget.spend(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const reason = differ(gold.items[i] as Value, cellValue((rows[i] as readonly Node[])[0] as Node));
    if (reason !== undefined) return `has a cell that ${reason}`;
  }
  return undefined;
}

function columnDifference(
  rows: Rows,
  answer: TupleValue,
  differ: (gold: Value, answer: Value) => Difference,
): Difference {
  if (answer.open !== '(' || answer.close !== ')' || rows[0]?.length !== 1) return 'has another shape';
  if (rows.length !== answer.items.length) return 'has another number of elements';
  for (let i = 0; i < rows.length; i++) {
    const reason = differ(cellValue((rows[i] as readonly Node[])[0] as Node), answer.items[i] as Value);
    if (reason !== undefined) return `has a cell that ${reason}`;
  }
  return undefined;
}

function cellValue(node: Node): Value {
  const symbols = symbolsOf(node);
  if (symbols.length > 0) return { kind: 'expression', node, symbols };
  return { kind: 'number', node, exact: undefined, decimal: undefined, percent: false, unit: undefined };
}

function ratioAgainstNumber(gold: NumberValue, answer: RatioValue, budget: Budget): Difference {
  const [over, under] = answer.parts;
  if (answer.clock || answer.parts.length !== 2 || !over || !under) return mismatch(gold, answer);
  return constantDifference(gold.node, { op: 'quotient', over, under }, budget);
}
