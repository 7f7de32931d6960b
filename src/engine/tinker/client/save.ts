/**
 * Saving is not idempotent: a repetition after a lost answer, or by something on the way, is refused, since the name is taken. So the
 * refusal is looked into: is the checkpoint there, and made since we asked? Then it is ours, and its path is known beforehand.
 */
import { SoarError } from '../../../errors.js';
import type { BodyOf, Checkpoint } from '../wire/index.js';
import { type Delivery, jsonContent } from './caller.js';
import { type CheckpointPath, checkpointPath } from './checkpoint-path.js';
import type { Connection } from './connection.js';
import { uncertain } from './faults.js';
import { backOff } from './retry-rules.js';
import { serverTimeOf } from './server-time.js';

type SaveName = 'saveWeights' | 'saveWeightsForSampler';

/** Milliseconds by which a server's clocks may differ among each other. */
const slack = 5_000;

/**
 * @returns the request's id, or nothing where an earlier try has saved already
 * @throws SoarError TINKER_CHECKPOINT_EXISTS where the name was taken before; TINKER_*, or the signal's reason
 */
export async function save<N extends SaveName>(
  connection: Connection,
  name: N,
  body: BodyOf<N>,
  path: CheckpointPath,
  { delivery, signal }: { delivery: Delivery; signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const since = connection.caller.serverTime - slack;
  try {
    const options = { signal, delivery, subject: path.model };
    return (await connection.caller.callWith(name, jsonContent(body), options)).request_id;
  } catch (error) {
    if (!(error instanceof SoarError) || error.code !== 'TINKER_CONFLICT') throw error;
    const found = await appearance(connection, name, path, signal);
    const time = serverTimeOf(found.time);
    // Of a checkpoint without a time only a lost try tells whose it is.
    const ours = time === undefined || since === Number.NEGATIVE_INFINITY ? delivery.uncertain : time >= since;
    if (!ours) throw exists(path, error);
    return undefined;
  }
}

/** Until the checkpoint is listed: one in the making is not. */
async function appearance(
  { caller }: Connection,
  name: SaveName,
  path: CheckpointPath,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  const { clock, patience } = caller.settings;
  const started = clock.now();
  const type = path.kind === 'weights' ? 'training' : 'sampler';
  for (let looks = 0; ; looks++) {
    const { checkpoints } = await caller.call('checkpoints', undefined, { parameters: { run: path.model }, signal });
    // Some servers list an id with its kind.
    const same = (id: string) => id === path.name || id === `${path.kind}/${path.name}`;
    const found = checkpoints.find((one) => one.checkpoint_type === type && same(one.checkpoint_id));
    if (found) return found;
    const wait = backOff(looks, clock.random());
    if (clock.now() + wait - started > patience.failing) {
      throw uncertain(name, caller.where(name), 'its name is taken, and no such checkpoint appears');
    }
    await clock.sleep(wait, signal);
  }
}

function exists(path: CheckpointPath, cause: SoarError): SoarError {
  return new SoarError('TINKER_CHECKPOINT_EXISTS', `there is a checkpoint ${checkpointPath(path)} already`, {
    cause,
    remedy: 'save under another name, or delete that one',
  });
}
