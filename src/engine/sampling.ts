/** Which token a distribution and a uniform number give. Pure but for scratch space; shared by the in-process engines. */
import type { SamplingOptions } from './engine.js';

export class TokenChooser {
  private readonly greedy: boolean;
  private readonly topK: number;
  private readonly topP: number;
  private readonly filtered: boolean;
  private readonly order: Int32Array;

  constructor(options: Pick<SamplingOptions, 'temperature' | 'topK' | 'topP'>, vocabularySize: number) {
    this.greedy = options.temperature === 0;
    this.topK = options.topK && options.topK > 0 ? Math.min(options.topK, vocabularySize) : vocabularySize;
    this.topP = options.topP ?? 1;
    this.filtered = this.topK < vocabularySize || this.topP < 1;
    this.order = this.filtered ? new Int32Array(vocabularySize) : new Int32Array(0);
  }

  /**
   * @param probability [vocabulary] at the sampling temperature
   * @param uniform draws from [0, 1); not called when greedy
   * @returns the token id: greedy, the most probable (ties: the lowest id); else the one in whose share the uniform falls,
   *   walking in order of id over what top-k and then top-p keep
   */
  choose(probability: Float32Array, uniform: () => number): number {
    if (this.greedy) return mostProbable(probability);
    return this.filtered ? this.fromNucleus(probability, uniform()) : fromAll(probability, uniform());
  }

  private fromNucleus(probability: Float32Array, uniform: number): number {
    const { order } = this;
    for (let i = 0; i < order.length; i++) order[i] = i;
    order.sort((a, b) => (probability[b] as number) - (probability[a] as number) || a - b);
    let total = 0;
    for (let i = 0; i < this.topK; i++) total += probability[order[i] as number] as number;
    // The smallest set of the most probable tokens whose mass reaches top-p of what top-k kept.
    let kept = 0;
    let mass = 0;
    while (kept < this.topK && (kept === 0 || mass < this.topP * total))
      mass += probability[order[kept++] as number] as number;
    const ids = order.subarray(0, kept).sort();
    let rest = uniform * mass;
    for (const id of ids) {
      rest -= probability[id] as number;
      if (rest < 0) return id;
    }
    return ids.at(-1) as number;
  }
}

function mostProbable(probability: Float32Array): number {
  let best = 0;
  for (let i = 1; i < probability.length; i++) if ((probability[i] as number) > (probability[best] as number)) best = i;
  return best;
}

/** Single precision rows do not sum to exactly 1: the last token with any probability takes the rest. */
function fromAll(probability: Float32Array, uniform: number): number {
  let rest = uniform;
  let last = 0;
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i] as number;
    if (p > 0) last = i;
    rest -= p;
    if (rest < 0) return i;
  }
  return last;
}
