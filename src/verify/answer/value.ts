/** The typed values that golds and answers are read as. The gold's kind decides how an answer is compared with it. */
import type { Rational } from '../arithmetic/rational.js';
import type { Node } from '../expression/node.js';

export interface Unit {
  /** Base dimensions with exponents, such as `length^2`; undefined when the words name no unit that we know. */
  readonly dimension: string | undefined;
  /** How many base units it is. */
  readonly scale: Rational;
}

/** A constant: `\frac{2}{3}\pi`, `-3`, `28\%`, `12\text{ cm}`, `\$4.50`, `90^\circ`. */
export interface NumberValue {
  readonly kind: 'number';
  readonly node: Node;
  readonly exact: Rational | undefined;
  /** Written as one decimal numeral: its digits after the point, and how many digits are significant. */
  readonly decimal: { readonly places: number; readonly significant: number } | undefined;
  readonly percent: boolean;
  readonly unit: Unit | undefined;
}

export interface ExpressionValue {
  readonly kind: 'expression';
  readonly node: Node;
  /** Free symbols, sorted; never empty. */
  readonly symbols: readonly string[];
}

/** Words, folded: lower case, single blanks, no punctuation. */
export interface TextValue {
  readonly kind: 'text';
  readonly words: string;
}

/** A letter of a multiple-choice question. */
export interface ChoiceValue {
  readonly kind: 'choice';
  readonly letter: string;
}

/** `1, 2` or `\{1, 2\}`. */
export interface ListValue {
  readonly kind: 'list' | 'set';
  readonly items: readonly Value[];
}

/** Elements in brackets: a point, a vector, or with two elements perhaps an interval. */
export interface TupleValue {
  readonly kind: 'tuple';
  readonly open: string;
  readonly close: string;
  readonly items: readonly Value[];
}

export interface Interval {
  readonly low: Node;
  readonly high: Node;
  readonly lowClosed: boolean;
  readonly highClosed: boolean;
}

/** A union of intervals (a point is [p, p]); from `\cup`, an inequality in one name, or the real line without points. */
export interface IntervalsValue {
  readonly kind: 'intervals';
  readonly parts: readonly Interval[];
  /** What the inequality was about. */
  readonly name: string | undefined;
  /** The inequality itself, where it has one sign. */
  readonly relation?: RelationValue;
}

export interface MatrixValue {
  readonly kind: 'matrix';
  readonly rows: readonly (readonly Node[])[];
}

/** `x = 4`, `f(x) = x + 1`, `S = \{1, 2\}`, `x = \frac23 \approx 0.67`. */
export interface AssignmentValue {
  readonly kind: 'assignment';
  readonly name: string;
  /** Everything after the name, at least one. */
  readonly values: readonly Value[];
  /** Whether the step before each further value was `\approx`. */
  readonly approximate: readonly boolean[];
  /** The same as an equation, when it is one. */
  readonly relation: RelationValue | undefined;
}

export type RelationSign = '=' | '<' | '>' | '≤' | '≥' | '≠' | '≈' | '≡';

/** An equation, an inequality, or a chain of them. */
export interface RelationValue {
  readonly kind: 'relation';
  readonly sides: readonly Node[];
  /** One fewer than sides. */
  readonly signs: readonly RelationSign[];
}

/** `0.56 = 56\%`: constants, each the answer. */
export interface ChainValue {
  readonly kind: 'chain';
  readonly values: readonly Value[];
  readonly approximate: readonly boolean[];
}

/** `3:5`; `clock` when it may also be a time of day. */
export interface RatioValue {
  readonly kind: 'ratio';
  readonly parts: readonly Node[];
  readonly clock: boolean;
}

export interface ClockValue {
  readonly kind: 'clock';
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly half: 'am' | 'pm' | undefined;
}

export interface DateValue {
  readonly kind: 'date';
  readonly month: number;
  readonly day: number;
  readonly year: number | undefined;
}

/** `1010_2`; digits are upper case without leading zeros, perhaps with a point. */
export interface BasedValue {
  readonly kind: 'based';
  readonly negative: boolean;
  readonly digits: string;
  readonly base: number;
}

/** A spelling that can be read in two ways: `15,600` as a number and as a list. */
export interface EitherValue {
  readonly kind: 'either';
  readonly values: readonly Value[];
}

export type Value =
  | NumberValue
  | ExpressionValue
  | TextValue
  | ChoiceValue
  | ListValue
  | TupleValue
  | IntervalsValue
  | MatrixValue
  | AssignmentValue
  | RelationValue
  | ChainValue
  | RatioValue
  | ClockValue
  | DateValue
  | BasedValue
  | EitherValue;
