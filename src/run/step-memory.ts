/**
 * The memory of an outer step (method/memory.ts), made durable: records go to the journal, students to
 * `students/step-<n>/<dataset>-<repeat>.safetensors`. A student's file is on the disk before the line that names its hash,
 * so a line is never without its file; a file without a line is overwritten by the repeated study.
 */
import { join } from 'node:path';
import { SoarError } from '../errors.js';
import type { StepMemory } from '../method/index.js';
import type { Disk } from './disk.js';
import { type History, type RunEntry, stateOf, studyKey } from './entries.js';
import { decodePolicyState, encodePolicyState } from './policy-state.js';
import { sha256 } from './snapshots.js';
import { encodeProposals } from './stored-proposals.js';

export interface StepMemoryPlace {
  readonly history: History;
  /** Appends durably, and to the history. */
  readonly record: (entry: RunEntry) => Promise<void>;
  readonly studentsFolder: string;
  readonly disk: Disk;
}

/** The memory of the history's open step. */
export async function openStepMemory({ history, record, studentsFolder, disk }: StepMemoryPlace): Promise<StepMemory> {
  const { step, promotions } = stateOf(history);
  const { open } = history;
  const folder = join(studentsFolder, stepName(step));
  const file = (key: string) => join(folder, `${key}.safetensors`);
  await disk.makeFolder(folder);
  await disk.syncFolder(studentsFolder);
  return {
    proposals: () => open.proposals,
    recordProposals: (found) => record({ unit: 'proposals', step, record: encodeProposals(found) }),
    baselineAccuracy: () => history.baselineAccuracy.get(promotions.length) ?? new Map(),
    recordBaselineAccuracy: (found, cost) =>
      record({ unit: 'baseline-accuracy', step, promotions: promotions.length, found: [...found], cost }),
    study: (dataset, repeat) => open.studies.get(studyKey(dataset, repeat))?.record,
    async recordStudy(study, student) {
      if (!student) return record({ unit: 'study', step, record: study });
      const bytes = encodePolicyState(student);
      await disk.write(file(studyKey(study.dataset, study.repeat)), bytes);
      await disk.syncFolder(folder);
      await record({ unit: 'study', step, record: study, student: sha256(bytes) });
    },
    async student(dataset, repeat) {
      const key = studyKey(dataset, repeat);
      const bytes = await disk.read(file(key));
      if (bytes === undefined || sha256(bytes) !== open.studies.get(key)?.student) {
        throw new SoarError('RUN_STUDENT_DAMAGED', `a student's weights are ${bytes ? 'damaged' : 'missing'}`, {
          where: file(key),
          remedy: 'restore it from a copy of the run folder, or start a new run',
          kind: 'environment',
        });
      }
      return decodePolicyState(bytes, file(key));
    },
  };
}

/** `step-0007`: sorts as it counts. */
export const stepName = (step: number) => `step-${String(step).padStart(4, '0')}`;
