/** A `StepMemory` that remembers in memory only: for studies that need no resume. */
import type { PolicyState } from '../engine/engine.js';
import { invariant } from '../errors.js';
import type { ProposalRecord, StepMemory, StudyRecord } from './memory.js';

/** For one outer step. `accuracies` is the baseline's: pass the same map until a promotion, then a new one. */
export function transientMemory(accuracies: Map<string, number>): StepMemory {
  const studies = new Map<string, { record: StudyRecord; student?: PolicyState }>();
  const key = (dataset: number, repeat: number) => `${dataset}/${repeat}`;
  let proposals: ProposalRecord | undefined;
  return {
    proposals: () => proposals,
    async recordProposals(record) {
      proposals = record;
    },
    baselineAccuracy: () => accuracies,
    async recordBaselineAccuracy(found) {
      for (const [id, accuracy] of found) accuracies.set(id, accuracy);
    },
    study: (dataset, repeat) => studies.get(key(dataset, repeat))?.record,
    async recordStudy(record, student) {
      studies.set(key(record.dataset, record.repeat), { record, ...(student && { student }) });
    },
    async student(dataset, repeat) {
      const student = studies.get(key(dataset, repeat))?.student;
      invariant(student, `study ${key(dataset, repeat)} was recorded with its student`);
      return student;
    },
  };
}
