/**
 * What one verdict may cost. Reading and evaluating count ticks (one is about ten nanoseconds of work), so that no text, however
 * it was chosen, holds the reward path. Counted, not timed: the same text meets the same end on every machine.
 */

/** Why an answer or a gold could not be read; the message is the verdict's reason. */
export class Unreadable extends Error {}

/** An `Unreadable` that is due to size rather than form. */
export class BudgetExceeded extends Unreadable {}

export const limits = {
  /** Longest answer that is read, in UTF-16 units. */
  answerLength: 2_000,
  /** Deepest nesting of an expression. */
  depth: 60,
  /** Ticks of one reading, and of one comparison. */
  ticks: 2_000_000,
  /** Largest integer of exact arithmetic, in bits. */
  integerBits: 32_768,
  /** Largest n in an exact n! or binomial coefficient. */
  factorial: 3_000,
  /** Most elements of a list, set, tuple or union. */
  elements: 200,
} as const;

export class Budget {
  private left: number;

  constructor(ticks: number = limits.ticks) {
    this.left = ticks;
  }

  /** @throws BudgetExceeded when the ticks are spent. */
  spend(ticks: number): void {
    this.left -= ticks;
    if (this.left < 0) throw new BudgetExceeded('costs more work than one verdict may');
  }
}
