/**
 * Matrices that remember how they were made: each operator appends what carries its result's gradient to its inputs, and
 * `backward` runs that list from the end. Double precision, row-major, one sequence at a time; nothing is fused or reused.
 */

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows * columns] */
  readonly value: Float64Array;
  /** d(L)/d(value), summed up by `backward`; same form. */
  readonly gradient: Float64Array;
}

export class Tape {
  private readonly steps: (() => void)[] = [];

  /** A matrix of zeros for an operator's result. */
  matrix(rows: number, columns: number): Matrix {
    return { rows, columns, value: new Float64Array(rows * columns), gradient: new Float64Array(rows * columns) };
  }

  /** @param backward adds to the gradients of an operator's inputs, given that its result's gradient is complete */
  record(backward: () => void): void {
    this.steps.push(backward);
  }

  /** Carries the gradients set in results back to everything that they were made of. */
  backward(): void {
    for (const step of this.steps.toReversed()) step();
  }
}
