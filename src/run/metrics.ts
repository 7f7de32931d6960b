/**
 * metrics.jsonl: what units cost, in tokens and seconds. Told by the clock and by how often a run was stopped, so it is no
 * part of the results; a torn line is passed over.
 */
import { appendFileSync } from 'node:fs';
import { type Disk, diskError } from './disk.js';
import { type Cost, noCost } from './ledger.js';

export interface MetricsLine extends Cost {
  /** What the time went into: `hard set`, `proposals`, `studies`, `teacher`, `evaluation`; `recovered` after a process died. */
  readonly part: string;
  /** Outer step, or evaluation unit. */
  readonly unit: string;
  readonly seconds: number;
  /** Of `recovered`: optimizer steps that died with a process on a service, and are made again. */
  readonly repeatedSteps?: number;
  /** Tokens of their gradients, prompts included. */
  readonly repeatedTokens?: number;
}

export function appendMetrics(path: string, line: MetricsLine): void {
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw diskError(path, error);
  }
}

export async function readMetrics(path: string, disk: Disk): Promise<MetricsLine[]> {
  const text = (await disk.read(path))?.toString('utf8') ?? '';
  return text.split('\n').flatMap((line) => {
    try {
      // A line of an earlier version counts less.
      return [{ ...noCost, ...JSON.parse(line) }];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}
