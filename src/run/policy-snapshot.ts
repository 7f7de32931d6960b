/** The policies that a run keeps: which snapshot holds one, and its state read from there. Opens no engine. */
import { join } from 'node:path';
import type { PolicyState } from '../engine/engine.js';
import { type History, promotionsOf } from './entries.js';
import { promotionName, teacherName } from './open-run.js';
import { decodePolicyState, encodePolicyState } from './policy-state.js';
import type { Snapshots } from './snapshots.js';

const policyFile = 'policy.safetensors';

export interface PolicySnapshot {
  readonly name: string;
  /** What the journal names its content by. */
  readonly id: string;
}

/** The teacher as the last closed step left it; undefined before the first. */
export function teacherSnapshot({ steps }: History): PolicySnapshot | undefined {
  const last = steps.at(-1);
  return last && { name: teacherName(last.step), id: last.teacher.snapshot };
}

/** The student of promotion `index`, from 0; undefined where there is none. */
export function promotedSnapshot(history: History, index: number): PolicySnapshot | undefined {
  const promotion = promotionsOf(history)[index];
  return promotion && { name: promotionName(index), id: promotion.student };
}

/** Durable when it resolves, to the snapshot's id. */
export const writePolicySnapshot = (snapshots: Snapshots, name: string, state: PolicyState): Promise<string> =>
  snapshots.write(name, new Map([[policyFile, encodePolicyState(state)]]));

/** @throws SoarError RUN_SNAPSHOT_MISSING, RUN_SNAPSHOT_DAMAGED, RUN_NOT_A_STATE */
export async function readPolicySnapshot(snapshots: Snapshots, { name, id }: PolicySnapshot): Promise<PolicyState> {
  const bytes = (await snapshots.read(name, id)).get(policyFile) as Buffer;
  return decodePolicyState(bytes, join(snapshots.root, name, policyFile));
}
