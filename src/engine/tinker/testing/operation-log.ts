/**
 * Everything that the fake server applied, in order: the oracle of tests. What a client believes to have happened can be held against
 * what did. Versions name weights by their content: equal weights have equal versions.
 */
import { createHash } from 'node:crypto';
import type { CallName } from '../wire/calls.js';

export interface Operation {
  /** A call that was applied, or something that befell the server. */
  readonly kind: CallName | 'restart' | 'session-expired' | 'rolled-back' | 'decayed-with-another';
  readonly model?: string;
  /** The model's sequence number, where the client gave one. */
  readonly seq?: number;
  /** The future that promised it. */
  readonly request?: string;
  /** Hash of what was asked. */
  readonly payload?: string;
  /** The model's weights before and after. */
  readonly from?: string;
  readonly to?: string;
  /** Of a sample: the weights of the snapshot that was named, and those that were used. */
  readonly asked?: string;
  readonly used?: string;
  /** Of a step: payloads of the passes whose gradients it took. */
  readonly passes?: readonly string[];
  /** Why it failed; without it, it was done. */
  readonly failed?: string;
  readonly note?: string;
}

export class OperationLog {
  private readonly applied: Operation[] = [];

  record(operation: Operation): void {
    this.applied.push(operation);
  }

  get operations(): readonly Operation[] {
    return this.applied;
  }

  of(kind: Operation['kind'], model?: string): Operation[] {
    return this.applied.filter((one) => one.kind === kind && (model === undefined || one.model === model));
  }

  /** Steps of a model whose number had been used by an earlier step. */
  repeatedSteps(): Operation[] {
    const seen = new Set<string>();
    return this.of('optimStep').filter(({ model, seq, failed }) => {
      if (failed !== undefined || seq === undefined) return false;
      const again = seen.has(`${model}/${seq}`);
      seen.add(`${model}/${seq}`);
      return again;
    });
  }

  /** Steps on the gradient of passes, all of which an earlier step of the model had taken: another number, the same data. */
  repeatedData(): Operation[] {
    const seen = new Map<string | undefined, Set<string>>();
    return this.of('optimStep').filter(({ model, passes = [], failed }) => {
      if (failed !== undefined || passes.length === 0) return false;
      const taken = seen.get(model) ?? new Set();
      const again = passes.every((pass) => taken.has(pass));
      for (const pass of passes) taken.add(pass);
      seen.set(model, taken);
      return again;
    });
  }

  /** Steps that took the gradient of one and the same pass twice. */
  repeatedPasses(): Operation[] {
    return this.of('optimStep').filter(({ passes = [] }) => new Set(passes).size < passes.length);
  }

  /** Samples drawn from other weights than those of the snapshot that was named. */
  wrongSamples(): Operation[] {
    return this.of('sample').filter(({ asked, used, failed }) => failed === undefined && asked !== used);
  }

  /** Training that was thrown away: a snapshot was loaded over newer weights. */
  rollbacks(): Operation[] {
    return this.of('rolled-back');
  }

  /** A line each. */
  print(): string {
    return this.applied.map((operation, place) => `${place} ${printed(operation)}`).join('\n');
  }
}

const printed = ({ kind, ...facts }: Operation): string =>
  [kind, ...Object.entries(facts).map(([name, value]) => `${name}=${value}`)].join(' ');

/** The same for the same content, whatever the order of an object's keys. */
export function payloadHash(value: unknown): string {
  const hash = createHash('sha256');
  const take = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) {
      hash.update(`${part.constructor.name}${part.byteLength}`);
      hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    } else if (Array.isArray(part)) {
      hash.update(`[${part.length}`);
      part.forEach(take);
    } else if (part !== null && typeof part === 'object') {
      const entries = Object.entries(part).filter(([, inner]) => inner !== undefined);
      hash.update(`{${entries.length}`);
      for (const [name, inner] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(JSON.stringify(name));
        take(inner);
      }
    } else hash.update(JSON.stringify(part) ?? '');
  };
  take(value);
  return hash.digest('hex').slice(0, 16);
}
