/**
 * `create_model` is not idempotent everywhere: where its answer is lost, a repetition would make a second adapter and leave the first to
 * fill a place. So the first is looked for. What can be shown to be ours is released; what might be another client's is left alone.
 */
import { SoarError } from '../../../errors.js';
import type { TrainingRun } from '../wire/index.js';
import type { Connection } from './connection.js';
import { serverTimeOf } from './server-time.js';
import { trainingRuns } from './training-runs.js';
import { unloadModel } from './unload.js';

export interface LostCreation {
  readonly session: string;
  /** The number of the creation in its session: the hosted service names models by it. */
  readonly number: number;
  /** Sent along as `user_metadata.request`; servers that keep it give it back. */
  readonly marker: string;
  readonly baseModel: string;
  readonly rank: number;
  /** The server's time before the request, milliseconds since the epoch. */
  readonly since: number;
  /** Models of this client. */
  readonly known: ReadonlySet<string>;
  /** Nobody else makes models on this server. */
  readonly exclusive: boolean;
}

/** A request that is still under way may show later: how often to look, and the milliseconds before each further look. */
const pauses = [500, 1_000, 2_000];

/**
 * Returns when it is safe to create again.
 * @throws SoarError TINKER_CREATE_UNKNOWN where there are models that may be the lost one and cannot be shown to be
 */
export async function settleLostCreation(
  connection: Connection,
  lost: LostCreation,
  signal?: AbortSignal,
): Promise<void> {
  const { clock } = connection.caller.settings;
  for (const pause of pauses) {
    const found = await candidates(connection, lost, signal);
    const ours = lost.exclusive ? found : found.filter((run) => provablyOurs(run, lost));
    for (const { training_run_id } of ours) await unloadModel(connection, training_run_id, signal);
    if (ours.length > 0) return;
    if (found.length > 0) throw unknown(found);
    await clock.sleep(pause, signal);
  }
}

async function candidates(
  { caller }: Connection,
  { baseModel, rank, since, known }: LostCreation,
  signal: AbortSignal | undefined,
): Promise<TrainingRun[]> {
  const found = await trainingRuns(caller, signal);
  return found.filter(
    (run) =>
      !known.has(run.training_run_id) &&
      run.base_model === baseModel &&
      (run.lora_rank ?? rank) === rank &&
      // Without a time it may be new.
      (serverTimeOf(run.last_request_time) ?? since) >= since,
  );
}

function provablyOurs(run: TrainingRun, { session, number, marker }: LostCreation): boolean {
  return run.user_metadata?.request === marker || run.training_run_id === `${session}:train:${number}`;
}

function unknown(found: readonly TrainingRun[]): SoarError {
  const names = found.map(({ training_run_id }) => training_run_id).join(', ');
  return new SoarError('TINKER_CREATE_UNKNOWN', `a created model's name was lost, and ${names} may be it`, {
    kind: 'environment',
    remedy:
      'if nobody else uses the server, say so (`exclusive: true`) or unload it by hand; else abandon the session: the server frees its models',
  });
}
