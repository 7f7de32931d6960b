/** Carries out what a fault plan says of one request: around its delivery, which is somebody else's. */
import { setTimeout } from 'node:timers/promises';
import type { CallName } from '../wire/calls.js';
import type { Happening } from './fault-plan.js';
import { type Answer, jsonAnswer } from './retrieve.js';

/** The world that happenings change. */
export interface Ground {
  restart(keeps: 'everything' | 'database' | 'nothing', milliseconds: number): void;
  expireSessions(): void;
  expireFuture(): void;
  /** Resolves once another request has been delivered. */
  overtaken(): Promise<void>;
}

/** `undefined`: the connection breaks. */
export async function deliverWith(
  happenings: readonly Happening[],
  call: CallName,
  ground: Ground,
  deliver: () => Promise<Answer>,
): Promise<Answer | undefined> {
  const find = <W extends Happening['what']>(what: W) =>
    happenings.find((one): one is Extract<Happening, { what: W }> => one.what === what);
  if (find('sessions-expire')) ground.expireSessions();
  if (find('future-expires')) ground.expireFuture();
  const restart = find('restart');
  if (restart) {
    ground.restart(restart.keeps, restart.milliseconds);
    return undefined;
  }
  const drop = find('drop');
  const status = find('status');
  if (drop && !drop.applied) return undefined;
  if (find('busy')) return busy(call);
  if (status && !status.applied) return broken(status.status);
  await setTimeout(find('delay')?.milliseconds ?? 0);
  const late = find('overtaken');
  if (late) await Promise.race([ground.overtaken(), setTimeout(late.milliseconds)]);
  const first = await deliver();
  const duplicate = find('duplicate');
  const answer = duplicate ? await deliver().then((second) => (duplicate.answer === 'first' ? first : second)) : first;
  if (drop) return undefined;
  return status ? broken(status.status) : answer;
}

/** Samples say that it is for them to hold back. */
function busy(call: CallName): Answer {
  const answer = jsonAnswer(429, { detail: 'Too many requests' });
  return call === 'sample' ? { ...answer, headers: { 'x-tinker-sampling-backpressure': '1' } } : answer;
}

const broken = (status: number): Answer => ({ status, body: `status ${status}`, type: 'text/plain' });
