/**
 * Faults that are planned before a run: the n-th request of a kind meets this or that. A plan is data: drawn from a seed, printed, and
 * carried out the same way whenever the same requests come in the same order.
 */
import { type RandomStream, randomStream } from '../../../rl/random.js';
import type { CallName } from '../wire/calls.js';

export type Happening =
  /** The connection breaks before anything is done, or after it is. */
  | { readonly what: 'drop'; readonly applied: boolean }
  /** Something between client and server answers with this status, before or after. */
  | { readonly what: 'status'; readonly status: number; readonly applied: boolean }
  | { readonly what: 'delay'; readonly milliseconds: number }
  /** It arrives twice; the client sees one of the answers. */
  | { readonly what: 'duplicate'; readonly answer: 'first' | 'second' }
  /** It is overtaken by the next request of any kind but polls and heartbeats; or goes on after so many milliseconds. */
  | { readonly what: 'overtaken'; readonly milliseconds: number }
  /** This one and the next of the kind are answered 429. */
  | { readonly what: 'busy'; readonly requests: number }
  /** Connections break, and new ones are refused for a while. What survives is said by `keeps`. */
  | { readonly what: 'restart'; readonly keeps: 'everything' | 'database' | 'nothing'; readonly milliseconds: number }
  /** All sessions are held to be dead: their adapters go. */
  | { readonly what: 'sessions-expire' }
  /** Of `retrieveFuture`: the promise is forgotten (410). */
  | { readonly what: 'future-expires' };

export interface Fault {
  readonly call: CallName;
  /** Which request of that kind, from 0. */
  readonly nth: number;
  readonly happening: Happening;
}

export interface FaultPlan {
  readonly name: string;
  readonly faults: readonly Fault[];
}

export const noFaults: FaultPlan = { name: 'none', faults: [] };

export interface PlanShape {
  /** How many. */
  readonly faults: number;
  /** Requests of a kind among which they are spread. */
  readonly among: number;
  readonly calls: readonly CallName[];
  readonly happenings: readonly Happening['what'][];
  /** Longest delay, in milliseconds. */
  readonly delay: number;
}

/** What a client can get over without losing anything: no adapter is lost. */
export const mildHappenings = ['drop', 'status', 'delay', 'duplicate', 'overtaken', 'busy'] as const;

export const plannedCalls = [
  'createSession',
  'createModel',
  'unloadModel',
  'forwardBackward',
  'forward',
  'optimStep',
  'sample',
  'saveWeights',
  'saveWeightsForSampler',
  'loadWeights',
  'retrieveFuture',
  'heartbeat',
] as const satisfies readonly CallName[];

const usual: PlanShape = { faults: 6, among: 12, calls: plannedCalls, happenings: mildHappenings, delay: 20 };

export function drawFaultPlan(seed: string, shape: Partial<PlanShape> = {}): FaultPlan {
  const { faults, among, calls, happenings, delay } = { ...usual, ...shape };
  const random = randomStream(`fault-plan/${seed}`);
  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)]!;
  const drawn = Array.from({ length: faults }, (): Fault => {
    const call = pick(calls);
    return { call, nth: random.integer(among), happening: draw(pick(happenings), random, delay) };
  });
  return { name: seed, faults: drawn };
}

function draw(what: Happening['what'], random: RandomStream, delay: number): Happening {
  const coin = () => random.integer(2) === 1;
  const milliseconds = 1 + random.integer(delay);
  switch (what) {
    case 'drop':
      return { what, applied: coin() };
    case 'status':
      return { what, status: [408, 500, 502, 503, 504][random.integer(5)]!, applied: coin() };
    case 'delay':
    case 'overtaken':
      return { what, milliseconds };
    case 'duplicate':
      return { what, answer: coin() ? 'first' : 'second' };
    case 'busy':
      return { what, requests: 1 + random.integer(3) };
    case 'restart':
      return { what, keeps: (['everything', 'database', 'nothing'] as const)[random.integer(3)]!, milliseconds };
    default:
      return { what };
  }
}

/** A line each. */
export const printFaultPlan = ({ name, faults }: FaultPlan): string =>
  [
    `plan ${name}`,
    ...faults.map(({ call, nth, happening: { what, ...facts } }) =>
      [`  ${call} ${nth}: ${what}`, ...Object.entries(facts).map(([key, value]) => `${key}=${value}`)].join(' '),
    ),
  ].join('\n');

/** Counts requests and says what each meets. */
export class FaultCounter {
  private readonly plan: FaultPlan;
  /** Those that were met, in order. */
  private readonly met: Fault[];
  private readonly seen = new Map<CallName, number>();
  private readonly busy = new Map<CallName, number>();

  constructor(plan: FaultPlan, met: Fault[]) {
    this.plan = plan;
    this.met = met;
  }

  next(call: CallName): Happening[] {
    const nth = this.seen.get(call) ?? 0;
    this.seen.set(call, nth + 1);
    const met = this.plan.faults.filter((fault) => fault.call === call && fault.nth === nth);
    this.met.push(...met);
    for (const { happening } of met) if (happening.what === 'busy') this.busy.set(call, happening.requests);
    const left = this.busy.get(call) ?? 0;
    this.busy.set(call, Math.max(0, left - 1));
    const others = met.map(({ happening }) => happening).filter(({ what }) => what !== 'busy');
    return left > 0 ? [{ what: 'busy', requests: left }, ...others] : others;
  }
}
