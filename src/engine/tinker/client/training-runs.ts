/** All models that a server remembers, page by page. */
import type { TrainingRun } from '../wire/index.js';
import type { Caller } from './caller.js';

const pageLength = 100;

export async function trainingRuns(caller: Caller, signal?: AbortSignal): Promise<TrainingRun[]> {
  const found: TrainingRun[] = [];
  for (let offset = 0; ; offset += pageLength) {
    const query = { limit: pageLength, offset };
    const { training_runs, cursor } = await caller.call('trainingRuns', undefined, { query, signal });
    found.push(...training_runs);
    if (training_runs.length === 0 || offset + pageLength >= cursor.total_count) return found;
  }
}
