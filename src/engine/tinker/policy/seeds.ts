/** From the seam's named streams to the numbers that servers take. Pure. */
import { randomStream } from '../../../rl/random.js';

/**
 * The seed of prompt p of a request: completion c draws with this plus c, so that a completion is fixed by the request's seed, its
 * prompt and its place in the group. Within 31 bits, groups of a million included.
 */
export const promptSeed = (seed: string, prompt: number): number =>
  randomStream(`${seed}/${prompt}`).integer(2 ** 31 - 2 ** 20);
