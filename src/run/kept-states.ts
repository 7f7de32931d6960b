/** The states of policies that a run may load again: the teacher's, every promoted student's, and those of the open step's students. */
import { join } from 'node:path';
import type { PolicyState } from '../engine/engine.js';
import type { Disk } from './disk.js';
import { type History, promotionsOf, stateOf } from './entries.js';
import { promotedSnapshot, readPolicySnapshot, teacherSnapshot } from './policy-snapshot.js';
import { decodePolicyState } from './policy-state.js';
import type { RunPaths } from './run-folder.js';
import { type Snapshots, sha256 } from './snapshots.js';
import { stepName } from './step-memory.js';

/** A student whose file no journal line names is studied again, so its state is not among them. */
export async function keptStates(
  history: History,
  paths: Pick<RunPaths, 'students'>,
  snapshots: Snapshots,
  disk: Disk,
): Promise<PolicyState[]> {
  const named = [
    teacherSnapshot(history),
    ...promotionsOf(history).map((_, index) => promotedSnapshot(history, index)),
  ];
  const states = await Promise.all(
    named.flatMap((snapshot) => (snapshot ? [readPolicySnapshot(snapshots, snapshot)] : [])),
  );
  const folder = join(paths.students, stepName(stateOf(history).step));
  for (const [key, { student }] of history.open.studies) {
    const file = join(folder, `${key}.safetensors`);
    const bytes = student === undefined ? undefined : await disk.read(file);
    // One that is damaged is said to be so when it is asked for.
    if (bytes && sha256(bytes) === student) states.push(decodePolicyState(bytes, file));
  }
  return states;
}
