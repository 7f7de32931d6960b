/** What a dead process of the same run left on the server is freed. Checkpoints stay: the run says which of them it still names. */
import { SoarError } from '../../errors.js';
import type { TinkerClient, TinkerSession } from './client/index.js';
import type { LeftBehind, TinkerJournal } from './journal.js';
import { attachAhead, emptyStep } from './waiting-gradients.js';

export interface Place {
  readonly client: TinkerClient;
  readonly session: TinkerSession;
  readonly journal: TinkerJournal;
  /** Gradients that wait for their step would reach the next adapter in their place. */
  readonly flush: boolean;
}

/** @throws SoarError TINKER_* where the server does not answer; what it does not know any more is what it should be */
export async function recover(place: Place, left: LeftBehind): Promise<void> {
  const { client, journal } = place;
  const named = await Promise.all(left.requests.map((request) => nameOf(client, request)));
  const adapters = [...left.adapters, ...named.flat()];
  if (adapters.length === 0) return;
  await Promise.all(adapters.map((adapter) => free(place, adapter)));
  await journal.record({ event: 'recovered', adapters: adapters.length, steps: left.steps, tokens: left.tokens });
}

/** Of an adapter that was promised; none where it was never made. */
async function nameOf(client: TinkerClient, request: string): Promise<string[]> {
  try {
    return [(await client.result('createModel', request)).model_id];
  } catch (error) {
    if (isOver(error)) return [];
    throw error;
  }
}

/** Snapshots to sample from are of no use without the process that asked for them. */
async function free({ client, session, flush }: Place, adapter: string): Promise<void> {
  try {
    const model = attachAhead(session, adapter);
    if (flush) await model.optimStep(emptyStep).catch(() => undefined);
    await model.unload();
    const checkpoints = await client.checkpoints(adapter);
    const snapshots = checkpoints.filter(({ checkpoint_type }) => checkpoint_type === 'sampler');
    await Promise.all(snapshots.map(({ tinker_path }) => client.deleteCheckpoint(tinker_path)));
  } catch (error) {
    if (!isOver(error)) throw error;
  }
}

/** The server has answered, and there is nothing to be had. */
const isOver = (error: unknown): boolean =>
  error instanceof SoarError &&
  ['TINKER_NOT_FOUND', 'TINKER_FAILED', 'TINKER_REFUSED', 'TINKER_PROMISE_LOST', 'TINKER_CONFLICT'].includes(
    error.code,
  );
