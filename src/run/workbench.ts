/** What a run works with: the engine with its model open, the domain, and the ledger that counts what they do. */
import type { Engine, Policy, PolicyState } from '../engine/engine.js';
import type { EnginePlan } from '../method/index.js';
import type { Domain } from '../problems/domain.js';
import type { Problem } from '../problems/problem.js';
import type { Ledger } from './ledger.js';

export interface HardSet {
  readonly train: readonly Problem[];
  readonly test: readonly Problem[];
  readonly screened: number;
  readonly attempts: number;
}

export interface Workbench {
  readonly engine: Engine;
  /** Never trained: the reference, and what every other policy is forked from. */
  readonly base: Policy;
  /** SHA-256 of the base model's weights. */
  readonly model: string;
  readonly plan: EnginePlan;
  readonly domain: Domain;
  readonly ledger: Ledger;
  /** What the hard problems are looked for among. */
  readonly candidates: readonly Problem[];
  /** Problems with right answers that are not hard; empty where there are none. */
  readonly realProblems: readonly Problem[];
  /**
   * Of the states that policies were saved in, these may be loaded again, and no others; what the others hold outside is freed. None
   * where states hold everything themselves. By run, of those that share the engine: a run that is not named keeps what it kept.
   */
  readonly retain?: (states: ReadonlyMap<string, readonly PolicyState[]>) => Promise<void>;
  /** Problems with no success under the base model, split in two; the same for the same seed. */
  findHardProblems(progress: (done: number, of: number) => void, signal: AbortSignal): Promise<HardSet>;
  close(): Promise<void>;
}
