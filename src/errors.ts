/**
 * The one error tree of the project. Every failure that a user can meet carries a stable code, what happened,
 * where, and what to do about it. Nothing here knows a room above it.
 */

/** `user`: the caller can mend it (exit code 2). `environment`: disk, memory, a peer (exit code 3). `internal`: a fault of ours (exit code 1). */
export type ErrorKind = 'user' | 'environment' | 'internal';

export interface ErrorDetails {
  /** File, field, line or row at fault, as the user would find it. */
  readonly where?: string;
  /** What to do now, one sentence. */
  readonly remedy?: string;
  readonly kind?: ErrorKind;
  readonly cause?: unknown;
}

/** Stable codes: `AREA_WHAT`, upper snake case. Never reuse a code for another fault. */
export class SoarError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly where?: string;
  readonly remedy?: string;

  constructor(code: string, what: string, details: ErrorDetails = {}) {
    super(what, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SoarError';
    this.code = code;
    this.kind = details.kind ?? 'user';
    if (details.where !== undefined) this.where = details.where;
    if (details.remedy !== undefined) this.remedy = details.remedy;
  }

  get exitCode(): number {
    return this.kind === 'user' ? 2 : this.kind === 'environment' ? 3 : 1;
  }

  /** What a terminal shows: code and fault, place, remedy, a line each. */
  override toString(): string {
    const lines = [`${this.code}: ${this.message}`];
    if (this.where) lines.push(`  where: ${this.where}`);
    if (this.remedy) lines.push(`  do:    ${this.remedy}`);
    return lines.join('\n');
  }
}

/** A fault of the program itself: states what was believed. */
export function invariant(condition: unknown, belief: string): asserts condition {
  if (!condition) {
    throw new SoarError('INTERNAL_INVARIANT', `this must hold and does not: ${belief}`, {
      kind: 'internal',
      remedy: 'please report it with the command and the config that led here',
    });
  }
}
