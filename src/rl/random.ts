/**
 * Seeded random streams: one named stream per purpose, so that adding a draw in one place never shifts another.
 * A stream is named by a path such as `7/outer-3/proposals`; the name alone fixes its numbers.
 * Pure: no clock, no global state.
 */
import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomStream {
  /** Uniform in [0, 1), a multiple of 2^-53. */
  float(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** Four 32-bit words; `randomStreamFromState` continues from them. */
  state(): readonly number[];
}

export function randomStreamFromState(state: readonly number[]): RandomStream {
  const generator = xoroshiro128plusFromState(state);
  const stream: RandomStream = {
    float: () => uniformFloat64(generator),
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    shuffle: (items) => {
      const out = items.slice();
      for (let i = out.length - 1; i > 0; i--) {
        const j = stream.integer(i + 1);
        const swap = out[i] as (typeof out)[number];
        out[i] = out[j] as (typeof out)[number];
        out[j] = swap;
      }
      return out;
    },
    state: () => generator.getState(),
  };
  return stream;
}

/** The stream of a name: SHA-256 of the name's UTF-8, its first 128 bits as the generator's state. */
export function randomStream(name: string): RandomStream {
  const digest = createHash('sha256').update(name).digest();
  const words = [digest.readInt32LE(0), digest.readInt32LE(4), digest.readInt32LE(8), digest.readInt32LE(12)];
  return randomStreamFromState(words);
}
