/** A question with its gold answer. The teacher never sees one of these (method.md 1.1). */
export interface Problem {
  /** Unique in its set; names the problem in journals, caches and reports. */
  readonly id: string;
  readonly question: string;
  readonly gold: string;
  readonly source: string;
  readonly subject?: string;
  readonly level?: string;
}
