/** Which of the waiting requests come next. Pure. */
import type { CallName } from '../wire/calls.js';
import type { ServerProfile } from './profile.js';

export interface Waiting {
  /** In order of arrival. */
  readonly place: number;
  readonly kind: CallName;
  readonly model?: string;
  readonly seq?: number;
  /** Of a sample: the checkpoint that it names. */
  readonly checkpoint?: string;
}

const barriers: readonly CallName[] = ['optimStep', 'loadWeights'];
const passes: readonly CallName[] = ['forwardBackward', 'forward'];

/** The four phases of one of SkyRL's rounds. */
const phases = ['forwardBackward', 'forward', 'sample', 'single'] as const;

/**
 * SkyRL: all passes that no step or load of their model stands before; then all samples, of one checkpoint for each model; then
 * everything else, unless a pass of its model that has to wait came before it.
 * @param waiting by place
 */
export function nextInRound<W extends Waiting>(waiting: readonly W[], phase: (typeof phases)[number]): W[] {
  if (phase === 'sample') return samplesOfOneCheckpoint(waiting);
  const barrierOf = firstPlaces(waiting, ({ kind }) => barriers.includes(kind));
  const behindBarrier = ({ model, place }: Waiting) => place > (barrierOf.get(model) ?? Number.POSITIVE_INFINITY);
  if (phase !== 'single') return waiting.filter((one) => one.kind === phase && !behindBarrier(one));
  const blockedOf = firstPlaces(waiting, (one) => passes.includes(one.kind) && behindBarrier(one));
  return waiting.filter(
    ({ kind, model, place }) =>
      kind !== 'sample' && !passes.includes(kind) && place < (blockedOf.get(model) ?? Number.POSITIVE_INFINITY),
  );
}

function samplesOfOneCheckpoint<W extends Waiting>(waiting: readonly W[]): W[] {
  const checkpointOf = new Map<string | undefined, string>();
  return waiting.filter(({ kind, model, checkpoint }) => {
    if (kind !== 'sample') return false;
    if (checkpoint === undefined) return true;
    const first = checkpointOf.get(model) ?? checkpoint;
    checkpointOf.set(model, first);
    return first === checkpoint;
  });
}

function firstPlaces(waiting: readonly Waiting[], which: (one: Waiting) => boolean): Map<string | undefined, number> {
  const first = new Map<string | undefined, number>();
  for (const one of waiting) if (which(one) && !first.has(one.model)) first.set(one.model, one.place);
  return first;
}

/** @param done the last number of each model that had its turn */
export function nextBySequence<W extends Waiting>(
  waiting: readonly W[],
  done: ReadonlyMap<string, number>,
): W | undefined {
  return waiting.find(
    ({ model, seq }) => model === undefined || seq === undefined || seq === (done.get(model) ?? 0) + 1,
  );
}

/** Requests of one round, in the order in which they run. SkyRL looks once for all four phases: what comes meanwhile is for the next round. */
export function nextRound<W extends Waiting>(
  order: ServerProfile['order'],
  waiting: readonly W[],
  done: ReadonlyMap<string, number>,
): W[] {
  if (order === 'ticks') return phases.flatMap((phase) => nextInRound(waiting, phase));
  const next = order === 'arrival' ? waiting[0] : nextBySequence(waiting, done);
  return next ? [next] : [];
}
